import { describe, expect, it } from 'vitest';

import { matchActivations } from '../../src/alignment/activation-matching.js';
import { alignPopulation } from '../../src/alignment/align-population.js';
import { lossBarrier, meanLossBarrier } from '../../src/alignment/barrier.js';
import { matchWeights } from '../../src/alignment/weight-matching.js';
import { architecture } from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import { permuteNeurons, type GroupPermutations } from '../../src/network/permute.js';
import { loadTfjs } from '../../src/training/tfjs-backend.js';
import { TfjsEngine } from '../../src/training/tfjs-engine.js';
import { crossEntropy } from '../../src/zoo/metrics.js';
import { loadTask, type PreparedTask } from '../../src/zoo/prepared-task.js';
import { zooRecipe } from '../../src/zoo/recipes.js';
import { trainZooOn } from '../../src/zoo/train-zoo.js';
import { missingData, needs } from '../support/needs.js';

const arch = architecture([30, 16, 16, 2]);
const spec = permutationSpec(arch);
const RUNS = 12;

/** Features and labels of some rows. */
function rowsOf({ features, labels }: PreparedTask, rows: ArrayLike<number>) {
  const width = arch.layers[0]!;
  const chosen = Array.from(rows);
  const x = new Float32Array(chosen.length * width);
  chosen.forEach((row, i) => {
    x.set(features.subarray(row * width, (row + 1) * width), i * width);
  });
  return { x, labels: Uint8Array.from(chosen, (row) => labels[row]!) };
}

async function trainedNetworks(task: PreparedTask): Promise<readonly Float32Array[]> {
  const engine = new TfjsEngine(await loadTfjs({ backends: ['tfjs-wasm'], log: () => undefined }));
  const zoo = await trainZooOn(
    task,
    { architectures: [{ architecture: arch, runs: RUNS }], training: zooRecipe('wdbc').training },
    { engine },
  );
  return zoo.networks.filter(({ isFinal }) => isFinal).map(({ weights }) => weights);
}

describe('loss barriers of networks trained on WDBC', needs(missingData('uci/wdbc.csv')), () => {
  it('fall to at most a third by every matching, over all pairs of twelve runs', async () => {
    const task = await loadTask('wdbc');
    const networks = await trainedNetworks(task);
    const test = rowsOf(task, task.split.test);
    const loss = (weights: ArrayLike<number>): number =>
      crossEntropy(forward(arch, weights, test.x), test.labels);
    const pairs = networks.flatMap((_, b) => Array.from({ length: b }, (__, a) => [a, b] as const));
    const before = await meanLossBarrier(networks, pairs, loss);
    expect(before).toBeGreaterThan(0.03);

    const pairwise = async (
      match: (a: Float32Array, b: Float32Array) => GroupPermutations,
    ): Promise<number> => {
      let sum = 0;
      for (const [a, b] of pairs) {
        const [reference, network] = [networks[a]!, networks[b]!];
        const moved = permuteNeurons(network, arch, spec, match(reference, network));
        sum += await lossBarrier(reference, moved, loss);
      }
      return sum / pairs.length;
    };
    const train = rowsOf(task, task.split.train);
    const byWeights = await pairwise((a, b) => matchWeights(a, b, arch).permutations);
    const byActivations = await pairwise((a, b) => matchActivations(a, b, arch, train.x));
    const toReference = await meanLossBarrier(
      (await alignPopulation(networks, arch)).networks,
      pairs,
      loss,
    );
    expect(byWeights).toBeLessThan(before / 3);
    expect(byActivations).toBeLessThan(before / 3);
    expect(toReference).toBeLessThan(before / 3);
  });
});
