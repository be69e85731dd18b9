import { WeightspringError } from '../errors.js';
import { ACTIVATIONS } from '../network/architecture.js';
import type { NetworkFile } from '../formats/import/list-network-files.js';
import { readForeignFile } from '../formats/import/read-foreign-file.js';
import { solveAssignment } from '../alignment/linear-assignment.js';
import { evaluateNetworks } from '../zoo/evaluate-networks.js';
import { accuracy, predictions } from '../zoo/metrics.js';
import { partData, type PreparedTask } from '../zoo/prepared-task.js';
import type { Zoo } from '../zoo/zoo.js';
import { importedNetwork, shapeOf, type ImportOptions } from './import-population.js';

/** Share of what lies between guessing and certainty below which networks know next to nothing. */
const LITTLE_SKILL = 0.3;
/** Share by which another reading has to be better to be named. */
const CLEARLY = 0.15;

/** What the first network of a population may have been meant as. */
interface Reading {
  readonly words: string;
  readonly options: ImportOptions;
}

/**
 * Says why imported networks are hardly better than guessing, where they are: which other options
 * would have given how much, whether the classes are in another order.
 *
 * @returns lines; none where the networks are all right
 */
export async function explainChance(
  zoo: Zoo,
  task: PreparedTask,
  [first]: readonly NetworkFile[],
  options: ImportOptions,
): Promise<readonly string[]> {
  const reached = zoo.finals.reduce((sum, { test }) => sum + test.accuracy, 0) / zoo.finals.length;
  const chance = guessing(task);
  if (first === undefined || reached >= chance + LITTLE_SKILL * (1 - chance)) return [];
  const network = await readForeignFile(first, shapeOf(task));
  const { features, labels } = partData(task, 'test');
  const predicted = (reading: ImportOptions): Uint8Array => {
    const { arch, weights } = importedNetwork(network, task, reading);
    const [logits = new Float64Array()] = evaluateNetworks(arch, [weights], features);
    return predictions(logits, labels.length);
  };
  const own = predicted(options);
  const now = accuracy(own, labels);
  const better = readings(options)
    .flatMap(({ words, options: other }) => {
      const found = predictedIf(() => predicted(other));
      return found === null ? [] : [{ words, accuracy: accuracy(found, labels) }];
    })
    .filter((other) => other.accuracy >= now + CLEARLY * (1 - chance))
    .sort((a, b) => b.accuracy - a.accuracy);
  const reordered = bestOrder(own, labels, task.classNames.length);
  return [
    `the networks have a mean test accuracy of ${reached.toFixed(3)}, and guessing the commonest ` +
      `class has ${chance.toFixed(3)}: they probably learnt from other data than they are given here`,
    ...better
      .slice(0, 2)
      .map(({ words, accuracy: found }) => `with ${words} the first one has ${found.toFixed(3)}`),
    ...(reordered >= now + CLEARLY * (1 - chance)
      ? [
          `with its classes in another order the first one has ${reordered.toFixed(3)}: here they ` +
            `are ${task.classNames.join(', ')}`,
        ]
      : []),
    ...(better.length === 0 && reordered < now + CLEARLY * (1 - chance)
      ? ['no other --activation or --inputs helps: compare the order of the features and the data']
      : []),
  ];
}

/** Predictions of another reading; null where the first layer cannot absorb it. */
function predictedIf(predict: () => Uint8Array): Uint8Array | null {
  try {
    return predict();
  } catch (error) {
    if (error instanceof WeightspringError && error.code === 'invalid-argument') return null;
    throw error;
  }
}

/** Accuracy of always naming the commonest class of the test part. */
function guessing({ labels, split, classNames }: PreparedTask): number {
  const counts = classNames.map(() => 0);
  for (const row of split.test) {
    const label = labels[row] as number;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return Math.max(...counts) / split.test.length;
}

function readings(options: ImportOptions): readonly Reading[] {
  const inputs = [
    ['raw', 'raw'],
    ['standardised', 'standardised'],
    ['0:255', { mean: 0, scale: 255 }],
  ] as const;
  return inputs.flatMap(([name, value]) =>
    ACTIVATIONS.map((activation) => ({
      words: `--inputs ${name} --activation ${activation}`,
      options: { ...options, activation, inputs: value },
    })),
  );
}

/** The accuracy with the best renaming of the predicted classes. */
function bestOrder(predicted: Uint8Array, labels: Uint8Array, classes: number): number {
  const cost = new Float64Array(classes * classes);
  predicted.forEach((label, row) => {
    const place = label * classes + (labels[row] as number);
    cost[place] = (cost[place] as number) - 1;
  });
  const order = solveAssignment(cost);
  let right = 0;
  order.forEach((label, own) => (right -= cost[own * classes + label] as number));
  return right / labels.length;
}
