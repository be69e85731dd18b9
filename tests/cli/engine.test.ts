import { describe, expect, it } from 'vitest';
import { openEngine, recomputeOption } from '../../src/cli/engine.js';

describe('--recompute-segments', () => {
  it('is for onnxruntime', async () => {
    expect((await openEngine('ort', { device: 'cpu', segments: 4, threads: 1 })).name).toBe(
      'ort-cpu',
    );
    await expect(openEngine('tfjs', { segments: 4 })).rejects.toMatchObject({
      code: 'invalid-argument',
      field: '--recompute-segments',
    });
  });

  it('takes a positive number of segments', () => {
    const { parseArg } = recomputeOption();
    expect(parseArg?.('6', 1)).toBe(6);
    expect(() => parseArg?.('0', 1)).toThrow(/expected an integer from 1/);
  });
});
