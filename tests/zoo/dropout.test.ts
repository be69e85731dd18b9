import { describe, expect, it } from 'vitest';
import { dropoutPass } from '../../src/experiments/ensembles/dropout-passes.js';
import { createPace } from '../../src/pace.js';
import { Random } from '../../src/random.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { trainBaseNetworks } from '../../src/zoo/base-trainer.js';
import { DropoutMasks, droppedNodes } from '../../src/zoo/dropout.js';
import { evaluateNetworks } from '../../src/zoo/evaluate-networks.js';
import { probabilities } from '../../src/zoo/metrics.js';
import { trainingRows } from '../../src/zoo/prepared-task.js';
import { deep, randomNetworks, task } from '../evaluation/spirals-zoo.js';

describe('DropoutMasks', () => {
  it('keep values with the probability of their network, scaled so that means stay', () => {
    expect(droppedNodes(deep).map(({ shape }) => shape)).toEqual([[5], [3]]);
    const masks = new DropoutMasks(deep, 4000, [0, 0.25], (network) => new Random(1, network));
    const [first, second] = masks.next();
    expect([first!.shape, second!.shape]).toEqual([
      [2, 4000, 5],
      [2, 4000, 3],
    ]);
    const half = first!.data.length / 2;
    expect(first!.data.subarray(0, half).every((value) => value === 1)).toBe(true);
    const dropped = first!.data.subarray(half);
    expect(new Set(dropped)).toEqual(new Set([0, Math.fround(4 / 3)]));
    const mean = dropped.reduce((sum, value) => sum + value, 0) / half;
    expect(mean).toBeCloseTo(1, 1);
    const before = Float32Array.from(dropped);
    masks.next();
    expect(dropped).not.toEqual(before);
  });
});

describe('training with dropout', { timeout: 60_000 }, () => {
  const train = async (
    dropout: readonly number[] | undefined,
  ): Promise<readonly Float32Array[]> => {
    let weights: readonly Float32Array[] = [];
    await trainBaseNetworks(
      deep,
      [0, 1],
      trainingRows(task),
      {
        optimizer: { kind: 'sgd' },
        learningRate: 0.1,
        schedule: { kind: 'constant' },
        epochs: 2,
        batchSize: 16,
        snapshots: { ignoreEpochs: 0, perRun: 1 },
      },
      {
        engine: new OrtEngine({ threads: 1 }),
        seed: 3,
        dropout,
        onSnapshot: (snapshot) => {
          weights = snapshot.weights;
        },
      },
    );
    return weights;
  };

  it('is training as usual at the rate 0, network by network', async () => {
    const [usual, mixed] = [await train(undefined), await train([0, 0.5])];
    expect(mixed[0]).toEqual(usual[0]);
    expect(mixed[1]).not.toEqual(usual[1]);
    expect(await train([0, 0.5])).toEqual(mixed);
  });
});

describe('dropoutPass', () => {
  const [weights] = randomNetworks(deep, 1, 4) as [Float32Array];
  const rows = task.labels.length;
  const pass = (rate: number, seed: number): Promise<Float64Array> =>
    dropoutPass(deep, weights, task.features, rate, new Random(seed), createPace());

  it('is the network itself at the rate 0, and differs from pass to pass else', async () => {
    const [logits] = evaluateNetworks(deep, [weights], task.features);
    expect(await pass(0, 1)).toEqual(probabilities(logits!, rows));
    expect(await pass(0.5, 1)).toEqual(await pass(0.5, 1));
    expect(await pass(0.5, 1)).not.toEqual(await pass(0.5, 2));
  });
});
