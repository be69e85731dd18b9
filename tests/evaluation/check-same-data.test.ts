import { describe, expect, it } from 'vitest';
import { checkSameStandardisation } from '../../src/evaluation/check-same-data.js';
import { storedStandardisation } from '../../src/data/standardisation.js';
import { thrownBy } from '../support/error-code.js';

const standardisation = { mean: [14.117635, 0], scale: [3.5, 1e-3] };
const task = { standardisation, featureNames: ['mean radius', 'date'] };

describe('checkSameStandardisation', () => {
  it('takes the standardisation of the data, and what files keep of it', () => {
    checkSameStandardisation(standardisation, task);
    checkSameStandardisation(storedStandardisation(standardisation), task);
  });

  it.each([
    ['mean radius', { ...standardisation, mean: [14.118, 0] }],
    ['date', { ...standardisation, mean: [14.117635, 1e-6] }],
    ['date', { ...standardisation, scale: [3.5, 2e-3] }],
    ['date', { mean: [14.117635], scale: [3.5] }],
    ['date', { ...standardisation, scale: [3.5, NaN] }],
  ])('names the feature that is standardised otherwise: %s', (feature, other) => {
    const error = thrownBy(() => {
      checkSameStandardisation(other, task);
    });
    expect(error.code).toBe('data-corrupt');
    expect(error.message).toContain(`'${feature}'`);
  });
});
