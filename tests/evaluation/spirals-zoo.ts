import { architecture, type Architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { initialise } from '../../src/network/initialise.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import { permuteNeurons } from '../../src/network/permute.js';
import { Random } from '../../src/random.js';
import { spirals } from '../../src/data/spirals.js';
import { evaluateNetworks } from '../../src/zoo/evaluate-networks.js';
import { prepareTask, taskMetrics } from '../../src/zoo/prepared-task.js';
import { Zoo, type FinalRecord, type ZooNetwork } from '../../src/zoo/zoo.js';

export const task = prepareTask(spirals({ rowsPerClass: 50 }));
export const small = architecture([2, 4, 2]);
export const deep = architecture([2, 5, 3, 2], 'tanh');

/** Untrained networks: enough for everything that only measures. */
export function randomNetworks(arch: Architecture, count: number, seed: number): Float32Array[] {
  return Array.from({ length: count }, (_, k) => initialise(arch, new Random(seed, k)));
}

/** The same function with its first hidden layer in another order. */
export function shuffled(arch: Architecture, weights: Float32Array, seed: number): Float32Array {
  const spec = permutationSpec(arch);
  const random = new Random(seed, 'shuffle');
  const permutations = spec.groups.map(({ size }) => random.permutation(size));
  return permuteNeurons(weights, arch, spec, permutations);
}

/** Decides every row as class `label`. */
export function constantNetwork(arch: Architecture, label: number): Float32Array {
  const weights = new Float32Array(networkOf(arch).parameters);
  weights[weights.length - 2 + label] = 3;
  return weights;
}

/** A zoo of finished networks, one list per architecture. */
export function makeZoo(population: readonly (readonly [Architecture, Float32Array[]])[]): Zoo {
  const networks: ZooNetwork[] = [];
  const finals: FinalRecord[] = [];
  population.forEach(([arch, members], index) => {
    members.forEach((weights, run) => {
      const [logits] = evaluateNetworks(arch, [weights], task.features);
      networks.push({ architecture: index, run, step: 1, isFinal: true, weights });
      finals.push({ architecture: index, run, ...taskMetrics(task, logits!) });
    });
  });
  return new Zoo(
    {
      version: '0.0.0',
      task: task.task,
      data: {
        sha256: task.sha256,
        rows: task.labels.length,
        featureNames: task.featureNames,
        classNames: task.classNames,
      },
      split: task.splitOptions,
      standardisation: task.standardisation,
      architectures: population.map(([arch, { length }]) => ({ architecture: arch, runs: length })),
      training: {
        optimizer: { kind: 'adam' },
        learningRate: 0.01,
        schedule: { kind: 'constant' },
        epochs: 1,
        batchSize: 4,
        snapshots: { ignoreEpochs: 0, perRun: 1 },
      },
      seed: 3,
      engine: 'none',
      alignment: null,
    },
    networks,
    finals,
  );
}
