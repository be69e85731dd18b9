import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { architecture, graphArchitecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { initialise } from '../../src/network/initialise.js';
import { WeightspringError } from '../../src/errors.js';
import type { PopulationGroup } from '../../src/flow/tensor-scales.js';
import { Random } from '../../src/random.js';
import { readCheckpoint } from '../../src/training/checkpoint.js';
import type { Engine } from '../../src/training/engine.js';
import { networkParameters } from '../../src/flow/network-parameters.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
} from '../../src/training/flow-training-config.js';
import { trainFlow } from '../../src/training/train-flow.js';
import { TINY } from '../velocity/tiny-network.js';

const CONFIG: FlowTrainingConfig = {
  ...FLOW_TRAINING_DEFAULTS,
  velocity: { ...TINY, blocks: 1, maxHiddenLayers: 2 },
  batchSize: 4,
  steps: 8,
};

const group = (...layers: number[]): PopulationGroup => {
  const arch = architecture(layers);
  return {
    architecture: arch,
    networks: [1, 2, 3].map((seed) => initialise(arch, new Random(seed))),
  };
};
const POPULATION = [group(3, 4, 2), group(3, 5, 4, 2)];

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'weightspring-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const specs = networkParameters(CONFIG.velocity, CONFIG.geometry);

/** Answers with given losses, one after the other, and a gradient of one value everywhere. */
function scripted(losses: readonly number[], gradient = 1e-3) {
  const calls = { evaluated: 0, compiled: 0, disposed: 0 };
  const engine: Engine = {
    name: 'scripted',
    compile: ({ parameters }) => {
      calls.compiled++;
      const gradients = parameters.map(({ shape }) =>
        new Float32Array(shape.reduce((size, dim) => size * dim, 1)).fill(gradient),
      );
      return Promise.resolve({
        evaluate: () => Promise.resolve({ loss: losses[calls.evaluated++]!, gradients }),
        dispose: () => {
          calls.disposed++;
          return Promise.resolve();
        },
      });
    },
  };
  return { engine, calls };
}

describe('trainFlow', () => {
  it('continues a stopped run bit by bit', async () => {
    const engine = new OrtEngine({ threads: 1 });
    const losses: number[] = [];
    const whole = await trainFlow(POPULATION, CONFIG, {
      engine,
      runDir: join(dir, 'whole'),
      onStep: ({ loss }) => losses.push(loss),
    });

    const controller = new AbortController();
    const resumedLosses: number[] = [];
    const runDir = join(dir, 'stopped');
    const stopped = await trainFlow(POPULATION, CONFIG, {
      engine,
      runDir,
      signal: controller.signal,
      onStep: ({ step, loss }) => {
        resumedLosses.push(loss);
        if (step === 3) controller.abort();
      },
    });
    expect(stopped.step).toBe(3);
    const resumed = await trainFlow(POPULATION, CONFIG, {
      engine,
      runDir,
      onStep: ({ loss }) => resumedLosses.push(loss),
    });

    expect(resumed.step).toBe(CONFIG.steps);
    expect(resumedLosses).toEqual(losses);
    expect(resumed.parameters).toEqual(whole.parameters);
    expect(resumed.parameters).not.toEqual(stopped.parameters);
    expect(await readCheckpoint(runDir, specs)).toEqual(
      await readCheckpoint(join(dir, 'whole'), specs),
    );
  });

  it('does nothing more where a run is complete', async () => {
    const first = scripted(Array.from({ length: CONFIG.steps }, () => 1));
    const done = await trainFlow(POPULATION, CONFIG, { engine: first.engine, runDir: dir });
    const again = scripted([]);
    expect(await trainFlow(POPULATION, CONFIG, { engine: again.engine, runDir: dir })).toEqual(
      done,
    );
    expect(again.calls.evaluated).toBe(0);
  });

  it.each<[string, readonly number[]]>([
    ['is not a number', [1, 1, 1, NaN]],
    ['is infinite', [1, 1, 1, Infinity]],
    ['explodes', [1, 1, 1, 60]],
  ])('stops where the loss %s, and keeps the last checkpoint', async (_, losses) => {
    const { engine, calls } = scripted(losses);
    await expect(
      trainFlow(POPULATION, CONFIG, { engine, runDir: dir, checkpointEvery: 2 }),
    ).rejects.toMatchObject({ code: 'diverged' });
    const kept = await readCheckpoint(dir, specs);
    expect(kept?.step).toBe(2);
    expect(kept?.parameters.every((values) => values.every(Number.isFinite))).toBe(true);
    expect(calls.compiled).toBeGreaterThan(0);
    expect(calls.disposed).toBe(calls.compiled);
  });

  it('judges an explosion by the losses before an interruption too', async () => {
    const calm = Array.from({ length: 4 }, () => 1);
    await trainFlow(
      POPULATION,
      { ...CONFIG, steps: 4 },
      { engine: scripted(calm).engine, runDir: dir },
    );
    await expect(
      trainFlow(POPULATION, CONFIG, { engine: scripted([60]).engine, runDir: dir }),
    ).rejects.toMatchObject({ code: 'diverged' });
  });

  it('keeps the last checkpoint where memory runs out, and continues from it', async () => {
    const full = new WeightspringError('out-of-memory', 'not enough memory');
    const { engine, calls } = scripted([1, 1, 1]);
    const failing: Engine = {
      ...engine,
      compile: async (program) => {
        const compiled = await engine.compile(program);
        return {
          ...compiled,
          evaluate: (...values) =>
            calls.evaluated < 3 ? compiled.evaluate(...values) : Promise.reject(full),
        };
      },
    };
    await expect(
      trainFlow(POPULATION, CONFIG, { engine: failing, runDir: dir, checkpointEvery: 2 }),
    ).rejects.toBe(full);
    expect((await readCheckpoint(dir, specs))?.step).toBe(2);
    expect(calls.disposed).toBe(calls.compiled);
    const rest = scripted(Array.from({ length: CONFIG.steps }, () => 1));
    await trainFlow(POPULATION, CONFIG, { engine: rest.engine, runDir: dir });
    expect(rest.calls.evaluated).toBe(CONFIG.steps - 2);
  });

  it('stops at a gradient that is not a number, before it reaches the parameters', async () => {
    const { engine } = scripted([1, 1], NaN);
    await expect(
      trainFlow(POPULATION, CONFIG, { engine, runDir: dir, checkpointEvery: 1 }),
    ).rejects.toMatchObject({ code: 'diverged' });
    expect(await readCheckpoint(dir, specs)).toBeNull();
  });

  it.each<[string, PopulationGroup, number]>([
    ['other inputs', group(4, 4, 2), 0],
    ['other outputs', group(3, 4, 3), 0],
    ['no hidden layer', group(3, 2), 0],
    ['too many hidden layers', group(3, 4, 4, 4, 2), 0],
    ['more neurons than slots', group(3, 9, 2), 8],
  ])('refuses a population with %s', async (_, unfit, slots) => {
    const { engine, calls } = scripted([]);
    const config = { ...CONFIG, velocity: { ...CONFIG.velocity, slots } };
    await expect(
      trainFlow([...POPULATION, unfit], config, { engine, runDir: dir }),
    ).rejects.toMatchObject({ code: 'unsupported-architecture' });
    expect(calls.compiled).toBe(0);
  });

  it('says what to train on instead of a residual network', async () => {
    const arch = graphArchitecture({
      input: [3],
      nodes: [
        { op: 'dense', units: 4, id: 'stem' },
        { op: 'dense', units: 4, id: 'block' },
        { op: 'add', inputs: ['stem', 'block'] },
        { op: 'dense', units: 2 },
      ],
    });
    const weights = new Float32Array(networkOf(arch).parameters);
    const residual = { architecture: arch, networks: [weights] };
    await expect(
      trainFlow([residual], CONFIG, { engine: scripted([]).engine, runDir: dir }),
    ).rejects.toMatchObject({
      code: 'unsupported-architecture',
      message: expect.stringMatching(
        /serves 3-…-2.*, got 3-graph-[0-9a-f]{16}; train on a zoo of perceptrons/,
      ) as unknown,
    });
  });

  it('refuses a population without networks', async () => {
    const empty = { architecture: architecture([3, 4, 2]), networks: [] };
    for (const population of [[], [empty]]) {
      await expect(
        trainFlow(population, CONFIG, { engine: scripted([]).engine, runDir: dir }),
      ).rejects.toMatchObject({ code: 'invalid-argument' });
    }
  });
});
