import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { initialise } from '../../src/network/initialise.js';
import type { HostTensor } from '../../src/ops/host-tensor.js';
import { Random } from '../../src/random.js';
import type { Engine } from '../../src/training/engine.js';
import {
  trainBaseNetworks,
  type BaseTrainerState,
  type BaseTraining,
  type TrainingSnapshot,
} from '../../src/zoo/base-trainer.js';
import { numericalEngine } from '../support/numerical-engine.js';

const arch = architecture([2, 3, 2], 'tanh');
/** Twelve points, labelled by the side of a line. */
const features = new Random(4).normals(24);
const data = {
  features,
  labels: Uint8Array.from({ length: 12 }, (_, i) =>
    features[2 * i]! > features[2 * i + 1]! ? 1 : 0,
  ),
  rows: Int32Array.from({ length: 12 }, (_, row) => row),
  width: 2,
  classes: 2,
};
const training: BaseTraining = {
  optimizer: { kind: 'adam' },
  learningRate: 0.05,
  schedule: { kind: 'constant' },
  epochs: 3,
  batchSize: 4,
  snapshots: { ignoreEpochs: 1, perRun: 2 },
};

async function train(
  runs: readonly number[],
  changes: Partial<BaseTraining> = {},
  engine: Engine = numericalEngine,
  signal?: AbortSignal,
): Promise<readonly TrainingSnapshot[]> {
  const snapshots: TrainingSnapshot[] = [];
  await trainBaseNetworks(
    arch,
    runs,
    data,
    { ...training, ...changes },
    {
      engine,
      seed: 5,
      signal,
      onSnapshot: (snapshot) => snapshots.push(snapshot),
    },
  );
  return snapshots;
}

/** An engine that answers every evaluation with this loss and this gradient of every weight. */
const constantEngine = (
  loss: number,
  gradient = 0,
  onEvaluate?: (inputs: readonly HostTensor[]) => void,
): Engine => ({
  name: 'constant',
  compile: () =>
    Promise.resolve({
      evaluate: (parameters, inputs) => {
        onEvaluate?.(inputs);
        const gradients = parameters.map(({ length }) => new Float32Array(length).fill(gradient));
        return Promise.resolve({ loss, gradients });
      },
      dispose: () => Promise.resolve(),
    }),
});

describe('trainBaseNetworks', () => {
  it('keeps snapshots of all runs and marks the final ones', async () => {
    const snapshots = await train([0, 1]);
    expect(snapshots.map(({ step, isFinal }) => [step, isFinal])).toEqual([
      [6, false],
      [9, true],
    ]);
    snapshots.forEach(({ weights }) => {
      expect(weights.map(({ length }) => length)).toEqual([17, 17]);
    });
    expect(snapshots[0]!.weights[0]).not.toEqual(snapshots[1]!.weights[0]);
  });

  it.each([{ kind: 'adam' }, { kind: 'sgd', momentum: 0.9, weightDecay: 0.01 }] as const)(
    'trains each network as if alone, with $kind',
    async (optimizer) => {
      const together = (await train([0, 1, 2], { optimizer })).at(-1)!;
      for (const run of [0, 2]) {
        const alone = (await train([run], { optimizer })).at(-1)!;
        alone.weights[0]!.forEach((weight, i) => {
          // Central differences of a larger sum round differently.
          expect(together.weights[run]![i]).toBeCloseTo(weight, 4);
        });
      }
      expect(together.weights[0]).not.toEqual(together.weights[1]);
    },
  );

  it.each<[string, Partial<BaseTraining>]>([
    ['Adam', { optimizer: { kind: 'adam' } }],
    ['decay', { optimizer: { kind: 'adam', weightDecay: 0.5, beta1: 0.8 } }],
    ['a cosine', { schedule: { kind: 'cosine' } }],
    [
      'momentum, one cycle',
      {
        optimizer: { kind: 'sgd', momentum: 0.9, weightDecay: 0.01 },
        schedule: { kind: 'one-cycle' },
        snapshots: { ignoreEpochs: 0, everySteps: 2 },
      },
    ],
  ])('continues from every step to the same bits, with %s', async (_, changes) => {
    const states: BaseTrainerState[] = [];
    const continued = async (from: BaseTrainerState | null): Promise<TrainingSnapshot[]> => {
      const snapshots: TrainingSnapshot[] = [];
      await trainBaseNetworks(
        arch,
        [0, 4],
        data,
        { ...training, ...changes },
        {
          engine: numericalEngine,
          seed: 5,
          onSnapshot: (snapshot) => snapshots.push(snapshot),
          from,
          keeper: {
            isDue: () => from === null,
            save: (state) => {
              states.push(structuredClone(state));
              return Promise.resolve();
            },
          },
        },
      );
      return snapshots;
    };
    const whole = await continued(null);
    expect(states.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const state of states) {
      const later = whole.filter(({ step }) => step > state.step);
      expect(await continued(state)).toEqual(later);
    }
  });

  it('learns', async () => {
    const losses: number[] = [];
    const watching: Engine = {
      name: 'watching',
      async compile(program) {
        const compiled = await numericalEngine.compile(program);
        return {
          async evaluate(parameters, inputs) {
            const result = await compiled.evaluate(parameters, inputs);
            losses.push(result.loss);
            return result;
          },
          dispose: () => compiled.dispose(),
        };
      },
    };
    await train(
      [0],
      { epochs: 30, batchSize: 12, snapshots: { ignoreEpochs: 0, perRun: 1 } },
      watching,
    );
    expect(losses.at(-1)).toBeLessThan(0.4 * losses[0]!);
  });

  it('starts every run from its own initialisation', async () => {
    const [snapshot] = await train(
      [3, 8],
      { epochs: 1, snapshots: { ignoreEpochs: 0, perRun: 1 } },
      constantEngine(1),
    );
    [3, 8].forEach((run, m) => {
      const start = initialise(arch, new Random(5, 'initialise', '2-3-2/tanh', run));
      expect(snapshot!.weights[m]).toEqual(start);
    });
  });

  it('follows the schedule from its first to its last step', async () => {
    const [snapshot] = await train(
      [0],
      {
        optimizer: { kind: 'sgd' },
        learningRate: 1,
        schedule: { kind: 'cosine' },
        epochs: 1,
        snapshots: { ignoreEpochs: 0, perRun: 1 },
      },
      constantEngine(1, 1),
    );
    // Three steps of rates 1, 1/2 and 0 along a gradient of 1.
    const start = initialise(arch, new Random(5, 'initialise', '2-3-2/tanh', 0));
    start.forEach((weight, i) => {
      expect(snapshot!.weights[0]![i]).toBeCloseTo(weight - 1.5, 5);
    });
  });

  it('shows each run the training rows in an order of its own', async () => {
    const seen: number[][] = [[], []];
    const engine = constantEngine(1, 0, ([x]) => {
      x!.data.forEach((value, i) => {
        if (i % 2 === 0) seen[i < 8 ? 0 : 1]!.push(value);
      });
    });
    await train([0, 1], { epochs: 1, snapshots: { ignoreEpochs: 0, perRun: 1 } }, engine);
    const all = [...data.features].filter((_, i) => i % 2 === 0).sort();
    expect([...seen[0]!].sort()).toEqual(all);
    expect([...seen[1]!].sort()).toEqual(all);
    expect(seen[0]).not.toEqual(seen[1]);
  });

  it('stops when the loss is not finite, and when told to', async () => {
    await expect(train([0], {}, constantEngine(NaN))).rejects.toMatchObject({ code: 'diverged' });
    const controller = new AbortController();
    let evaluations = 0;
    const engine = constantEngine(1, 0, () => {
      if (++evaluations === 2) controller.abort();
    });
    await expect(train([0], {}, engine, controller.signal)).rejects.toMatchObject({
      code: 'cancelled',
      message: 'training of 2-3-2/tanh was stopped after 2 of 9 updates',
    });
    expect(evaluations).toBe(2);
  });

  it('refuses settings out of range', async () => {
    await expect(train([0], { epochs: 0 })).rejects.toThrow(/epochs must be a positive integer/);
    await expect(train([0], { batchSize: 1.5 })).rejects.toThrow(/batchSize/);
    await expect(train([0], { learningRate: -1 })).rejects.toThrow(/learningRate must be positive/);
  });
});
