import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { networkParameters } from '../../src/flow/network-parameters.js';
import type { PopulationGroup } from '../../src/flow/tensor-scales.js';
import { architecture } from '../../src/network/architecture.js';
import { initialise } from '../../src/network/initialise.js';
import { Random } from '../../src/random.js';
import { readCheckpoint } from '../../src/training/checkpoint.js';
import type { Engine } from '../../src/training/engine.js';
import {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
  type HeldOutConfig,
} from '../../src/training/flow-training-config.js';
import type { HeldOutRecord } from '../../src/training/held-out.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { prepareTraining } from '../../src/training/prepare-training.js';
import { trainFlow, type FlowTrainingOptions } from '../../src/training/train-flow.js';
import { TINY } from '../velocity/tiny-network.js';

const ARCH = architecture([3, 4, 2]);
const groupOf = (...seeds: number[]): PopulationGroup => ({
  architecture: ARCH,
  networks: seeds.map((seed) => initialise(ARCH, new Random(seed))),
});
const POPULATION = [groupOf(1, 2, 3)];
const HELD_OUT = [groupOf(4, 5)];

const PLAIN: FlowTrainingConfig = {
  ...FLOW_TRAINING_DEFAULTS,
  velocity: { ...TINY, blocks: 1, maxHiddenLayers: 1 },
  batchSize: 4,
  steps: 9,
};
const withRule = (heldOut: Partial<HeldOutConfig> = {}): FlowTrainingConfig => ({
  ...PLAIN,
  heldOut: { fraction: 0.4, every: 2, patience: 2, ...heldOut },
});
const specs = networkParameters(PLAIN.velocity, PLAIN.geometry);

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'weightspring-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** Batches of one measurement: 8 of held-out runs, then as many of the others. */
const MEASURED = 8;

/**
 * Answers 1 to updates, and to measurements the given losses on held-out runs; all gradients are one.
 */
function scripted(heldOut: readonly number[], every: number): Engine {
  const perRound = every + 2 * MEASURED;
  let calls = 0;
  return {
    name: 'scripted',
    compile: ({ parameters }) => {
      const gradients = parameters.map(({ shape }) =>
        new Float32Array(shape.reduce((size, dim) => size * dim, 1)).fill(1e-3),
      );
      return Promise.resolve({
        evaluate: () => {
          const at = (calls % perRound) - every;
          const round = Math.floor(calls / perRound);
          calls++;
          const loss = at >= 0 && at < MEASURED ? heldOut[round]! : 1;
          return Promise.resolve({ loss, gradients });
        },
        dispose: () => Promise.resolve(),
      });
    },
  };
}

/** A run by the rule, and what was said of it. */
async function run(
  config: FlowTrainingConfig,
  options: Pick<FlowTrainingOptions, 'engine'> & Partial<FlowTrainingOptions>,
) {
  const records: HeldOutRecord[] = [];
  const trained = await trainFlow(POPULATION, config, {
    runDir: dir,
    heldOut: HELD_OUT,
    onHeldOut: (record) => records.push(record),
    ...options,
  });
  return { trained, records };
}

describe('held-out runs', () => {
  it('end a training whose held-out loss no longer falls, with the parameters of the best', async () => {
    const { trained, records } = await run(withRule(), {
      engine: scripted([0.75, 0.5, 0.625, 0.5], 2),
    });
    expect(records.map(({ heldOut }) => heldOut)).toEqual([0.75, 0.5, 0.625, 0.5]);
    expect(trained).toMatchObject({ step: 8, isComplete: true, best: records[1]! });

    const shorter = await run(
      { ...withRule(), steps: 4, schedule: { kind: 'constant' } },
      { engine: scripted([0.75, 0.5], 2), runDir: join(dir, 'shorter') },
    );
    const whole = await run(
      { ...withRule(), schedule: { kind: 'constant' } },
      { engine: scripted([0.75, 0.5, 0.625, 0.5], 2), runDir: join(dir, 'whole') },
    );
    expect(whole.trained.parameters).toEqual(shorter.trained.parameters);
    const last = await readCheckpoint(join(dir, 'whole'), specs);
    expect(last?.average.values).not.toEqual(whole.trained.parameters);
  });

  it('are measured after the last update too', async () => {
    const { trained, records } = await run(withRule(), {
      engine: new OrtEngine({ threads: 1 }),
    });
    expect(trained).toMatchObject({ step: 9, isComplete: true });
    expect(records.map(({ step }) => step)).toEqual([2, 4, 6, 8, 9]);
  });

  it('are measured where nobody listens', async () => {
    const engine = scripted([0.5, 0.625, 0.75], 2);
    const trained = await trainFlow(POPULATION, withRule(), {
      engine,
      runDir: dir,
      heldOut: HELD_OUT,
    });
    expect(trained).toMatchObject({ step: 6, best: { step: 2, heldOut: 0.5, training: 1 } });
  });

  it('change nothing in what is learnt until they end it', async () => {
    const engine = new OrtEngine({ threads: 1 });
    const losses: number[][] = [[], []];
    await run(withRule({ patience: 9 }), {
      engine,
      onStep: ({ loss }) => losses[0]!.push(loss),
    });
    await trainFlow(POPULATION, PLAIN, {
      engine,
      runDir: join(dir, 'plain'),
      onStep: ({ loss }) => losses[1]!.push(loss),
    });
    expect(losses[0]).toEqual(losses[1]);
  });

  it('are measured on the same batches every time, which differ in the networks only', async () => {
    const engine = new OrtEngine({ threads: 1 });
    const config = { ...withRule({ every: 1 }), learningRate: 1e-12, weightDecay: 0, steps: 2 };
    const { records } = await run(config, { engine });
    expect(records[1]!.heldOut).toBeCloseTo(records[0]!.heldOut, 6);
    const same = await run(config, { engine, heldOut: POPULATION, runDir: join(dir, 'same') });
    for (const { heldOut, training } of same.records) expect(heldOut).toBe(training);
  });

  it('continue a stopped run bit by bit', async () => {
    const engine = new OrtEngine({ threads: 1 });
    const config = withRule({ patience: 9 });
    const whole = await run(config, { engine, runDir: join(dir, 'whole') });
    const controller = new AbortController();
    const runDir = join(dir, 'stopped');
    const stopped = await run(config, {
      engine,
      runDir,
      signal: controller.signal,
      onStep: ({ step }) => {
        if (step === 5) controller.abort();
      },
    });
    expect(stopped.trained).toMatchObject({ step: 5, isComplete: false });
    const resumed = await run(config, { engine, runDir });
    expect([...stopped.records, ...resumed.records]).toEqual(whole.records);
    expect(resumed.trained.parameters).toEqual(whole.trained.parameters);
    expect(resumed.trained.best).toEqual(whole.trained.best);
    const checkpoint = await readCheckpoint(runDir, specs);
    expect(checkpoint?.best).toBeDefined();
    expect(checkpoint).toEqual(await readCheckpoint(join(dir, 'whole'), specs));
  });

  it('are asked no more once they ended a run', async () => {
    const first = await run(withRule(), { engine: scripted([0.5, 0.625, 0.75], 2) });
    const again = await run(withRule(), { engine: scripted([], 2) });
    expect(again.records).toEqual([]);
    expect(again.trained).toMatchObject({ step: 6, isComplete: true, best: first.trained.best });
    expect(again.trained.parameters).toEqual(first.trained.parameters);
  });

  it('have no part in the coordinates', async () => {
    const far = [
      {
        architecture: ARCH,
        networks: HELD_OUT[0]!.networks.map((weights) => weights.map((weight) => 100 * weight)),
      },
    ];
    const own = await prepareTraining(POPULATION, PLAIN, {});
    const held = await prepareTraining(POPULATION, withRule(), { heldOut: far });
    expect(held.coordinates).toEqual(own.coordinates);
    expect(held.population[0]?.points).toEqual(own.population[0]?.points);
    expect(held.heldOut[0]?.points).toHaveLength(2);
  });

  it('diverge aloud', async () => {
    await expect(run(withRule(), { engine: scripted([Infinity], 2) })).rejects.toMatchObject({
      code: 'diverged',
      message: expect.stringMatching(/held-out runs became Infinity at step 2/) as unknown,
    });
  });

  it('have to be there where the configuration asks for them, and only there', async () => {
    const engine = scripted([], 2);
    await expect(run(withRule(), { engine, heldOut: [] })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'a training that ends by held-out runs needs some, got none',
    });
    await expect(run(PLAIN, { engine })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'expected no held-out networks without a rule for them, got 2',
    });
  });
});
