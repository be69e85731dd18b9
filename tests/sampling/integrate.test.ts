import type { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { integrate } from '../../src/sampling/integrate.js';

/** Sessions whose runs fail, or do nothing. */
function sessions(failure?: Error): Parameters<typeof integrate>[0] {
  const run = (): Promise<unknown> =>
    failure === undefined ? Promise.resolve({}) : Promise.reject(failure);
  const session = { run } as unknown as InferenceSession;
  return { step: session, lastStep: session, perturb: null };
}

const start = () => [{ shape: [1, 1, 1], data: new Float32Array(1) }];
const options = {
  names: ['w1'],
  times: Float64Array.of(0, 0.5, 1),
  noiseScale: () => 0,
  drawNoise: () => [],
};

describe('integrate', () => {
  it('says so when the GPU runs out of memory', async () => {
    const failure = new Error('CUDA failure 2: out of memory ; GPU=0 ; expr=cudaMalloc');
    await expect(integrate(sessions(failure), start(), options)).rejects.toMatchObject({
      code: 'out-of-memory',
      cause: failure,
    });
  });

  it('passes on other failures as internal', async () => {
    await expect(
      integrate(sessions(new Error('Non-zero status code')), start(), options),
    ).rejects.toMatchObject({ code: 'internal' });
  });

  it('stops before the next step once nobody waits', async () => {
    let asked = 0;
    const isCancelled = (): boolean => ++asked > 1;
    await expect(integrate(sessions(), start(), { ...options, isCancelled })).rejects.toMatchObject(
      { code: 'cancelled', message: 'cancelled after 1 of 2 steps' },
    );
  });
});
