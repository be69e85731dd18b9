import { describe, expect, it } from 'vitest';
import { ensembleMetadata } from '../../src/formats/ensemble-metadata.js';
import { PACKAGE_NAME, VERSION } from '../../src/package-info.js';

describe('ensembleMetadata', () => {
  it('says once what members say alike, and gives lists of the rest', () => {
    const metadata = ensembleMetadata([
      { flow: 'wdbc', index: '0', seed: '7', weightsSha256: 'a', inputScaling: 'graph' },
      { flow: 'wdbc', index: '1', seed: '7', noveltyRatio: '1.5', inputScaling: 'folded' },
    ]);
    const { members, ...rest } = metadata;
    expect(rest).toEqual({
      producer: PACKAGE_NAME,
      version: VERSION,
      ensemble: '2',
      flow: 'wdbc',
      seed: '7',
      inputScaling: 'graph',
    });
    expect(JSON.parse(members!)).toEqual({
      index: ['0', '1'],
      weightsSha256: ['a', null],
      noveltyRatio: [null, '1.5'],
    });
  });

  it('repeats no standardisation, which may be of hundreds of features', () => {
    const [mean, scale] = ['[1,2]', '[3,4]'];
    const alike = { inputMean: mean, inputScale: scale };
    expect(ensembleMetadata([alike, alike])).toMatchObject(alike);
    const { members, ...rest } = ensembleMetadata([
      alike,
      { inputMean: mean, inputScale: '[5,6]' },
    ]);
    expect(rest).toMatchObject({ inputMean: mean });
    expect(rest).not.toHaveProperty('inputScale');
    expect(members).toBe('{}');
  });

  it('does not let a file speak for the ensemble', () => {
    const claims = { producer: 'x', version: '9', ensemble: '7', members: '[]' };
    expect(ensembleMetadata([claims, { ...claims, ensemble: '8' }])).toEqual({
      producer: PACKAGE_NAME,
      version: VERSION,
      ensemble: '2',
      inputScaling: 'graph',
      members: '{}',
    });
  });
});
