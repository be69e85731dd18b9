import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { parseFlowConfig } from '../../src/flows/parse-flow-config.js';
import { FLOW_FILES } from '../../src/flows/flow-store.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { chooseVelocityConfig } from '../../src/velocity/choose-velocity-config.js';
import type { VelocityConfig } from '../../src/velocity/create-velocity-network.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

const TWO_LAYERS = architecture([2, 8, 5, 2]);
const SMALL = { width: 16, blocks: 2 };

const KINDS: readonly VelocityConfig[] = [
  chooseVelocityConfig('relational-transformer', [TWO_LAYERS], { ...SMALL, edgeWidth: 4 }),
  chooseVelocityConfig('pna', [TWO_LAYERS], { ...SMALL, edgeWidth: 4 }),
  chooseVelocityConfig('mlp', [TWO_LAYERS], SMALL),
];

describe.each(KINDS)('a flow with the velocity network $kind', (velocity) => {
  let flow: ToyFlow;
  let sampler: Sampler;
  beforeAll(async () => {
    flow = await writeToyFlow({ velocity, geometry: 'geometric' });
    sampler = await Sampler.open({ modelsDir: flow.modelsDir });
  });
  afterAll(async () => {
    await sampler.close();
    await flow.remove();
  });

  const draw = async (firstIndex: number, count: number, layers = TWO_LAYERS.layers) => {
    const networks = await sampler.sampleWeights({
      flow: TOY_FLOW,
      architecture: architecture(layers),
      seed: 7,
      firstIndex,
      count,
      steps: 3,
      solver: 'euler',
      timeGrid: 'uniform',
      stochasticity: { strength: 0, from: 0, to: 1 },
    });
    return networks.map(({ weights }) => weights);
  };

  it('is stored with its sizes', async () => {
    const path = join(flow.folder, FLOW_FILES.config);
    expect(parseFlowConfig(await readFile(path, 'utf8'), path).velocity).toEqual(velocity);
  });

  it('gives a network the same bits whatever is drawn beside it', async () => {
    const all = await draw(0, 7);
    expect(new Set(all.map(String)).size).toBe(7);
    for (const weights of all) expect(weights.every(Number.isFinite)).toBe(true);
    for (const [first, count] of [
      [0, 1],
      [2, 3],
      [6, 1],
    ] as const) {
      expect(await draw(first, count)).toEqual(all.slice(first, first + count));
    }
  });

  it(
    velocity.kind === 'mlp'
      ? 'refuses another architecture'
      : 'serves other widths and fewer layers',
    async () => {
      for (const layers of [
        [2, 5, 8, 2],
        [2, 8, 2],
      ]) {
        const attempt = draw(0, 1, layers);
        if (velocity.kind === 'mlp') {
          await expect(attempt).rejects.toMatchObject({
            code: 'unsupported-architecture',
            field: 'architecture.layers',
          });
        } else expect((await attempt)[0]!.every(Number.isFinite)).toBe(true);
      }
    },
  );
});
