import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FLOW_GEOMETRIES } from '../../src/flow/geometry.js';
import { FLOW_FILES, openFlow, readFlow } from '../../src/flows/flow-store.js';
import { likelihoodFlow } from '../../src/likelihood/likelihood-flow.js';
import { logLikelihood } from '../../src/likelihood/log-likelihood.js';
import { architecture } from '../../src/network/architecture.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

const ARCH = architecture([2, 8, 2]);

let toy: ToyFlow | undefined;
afterEach(() => toy?.remove());

async function sampled(modelsDir: string, steps: number): Promise<readonly Float32Array[]> {
  const sampler = await Sampler.open({ modelsDir, threads: 1 });
  try {
    const job = { flow: TOY_FLOW, architecture: ARCH, seed: 3, firstIndex: 0, count: 2 };
    const stochasticity = { strength: 0, from: 0, to: 1 };
    const networks = await sampler.sampleWeights({
      ...job,
      steps,
      solver: 'euler',
      timeGrid: 'uniform',
      stochasticity,
    });
    return networks.map(({ weights }) => weights);
  } finally {
    await sampler.close();
  }
}

describe('a stored flow map', () => {
  it('is one by its configuration, and has a parameter for its second time', async () => {
    toy = await writeToyFlow({ flowMap: true });
    const { config, parameters } = await readFlow(toy.folder);
    expect(config.flowMap).toBe(true);
    expect(parameters.has('time.span.weight')).toBe(true);
    await toy.remove();
    toy = await writeToyFlow();
    const text = await readFile(join(toy.folder, FLOW_FILES.config), 'utf8');
    expect(text).not.toMatch(/flowMap/);
    expect((await readFlow(toy.folder)).parameters.has('time.span.weight')).toBe(false);
  });

  it.each(FLOW_GEOMETRIES)('of the %s kind samples in one step and in more', async (geometry) => {
    toy = await writeToyFlow({ flowMap: true, geometry });
    const [one, two] = [await sampled(toy.modelsDir, 1), await sampled(toy.modelsDir, 2)];
    for (const weights of [...one, ...two]) {
      expect(weights.every(Number.isFinite)).toBe(true);
    }
    expect(two).not.toEqual(one);
  });

  it('has the likelihoods of its velocity', async () => {
    toy = await writeToyFlow({ flowMap: true });
    const [weights] = await sampled(toy.modelsDir, 1);
    const flow = likelihoodFlow(await readFlow(toy.folder));
    const options = { steps: 2, solver: 'euler', probes: 1 } as const;
    const [result] = await logLikelihood(
      flow,
      [{ architecture: ARCH, weights: weights! }],
      options,
      { threads: 1 },
    );
    expect(Number.isFinite(result!.logDensity)).toBe(true);
  });

  it.each<[string, (config: Record<string, unknown>) => void, string]>([
    ['a model without the second time', (config) => (config.flowMap = true), 'model-invalid'],
    ['another value than true', (config) => (config.flowMap = false), 'data-corrupt'],
  ])('is refused with %s', async (_, change, code) => {
    toy = await writeToyFlow();
    const path = join(toy.folder, FLOW_FILES.config);
    const config = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    change(config);
    await writeFile(path, JSON.stringify(config));
    await expect(openFlow(toy.folder)).rejects.toMatchObject({ code });
  });
});
