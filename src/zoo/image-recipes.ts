import { ensure } from '../errors.js';
import {
  graphArchitecture,
  type Architecture,
  type ArchitectureNode,
} from '../network/architecture.js';
import type { BaseTraining } from './base-trainer.js';
import type { ZooArchitecture } from './zoo.js';

const relu: ArchitectureNode = { op: 'activation', function: 'relu' };

/** Widths of a network of {@link smallNetwork}: channels of its convolutions, units of its hidden layer. */
type SmallWidths = readonly [number, number, number, number];

/**
 * The field's standard small network on images of 28×28, of 2,464 weights with the widths 8, 6, 4 and
 * 20.
 *
 * @see Schürholt et al. 2022, "Model zoos"
 */
function smallNetwork([first, second, third, units]: SmallWidths): Architecture {
  return graphArchitecture({
    input: [1, 28, 28],
    nodes: [
      { op: 'conv2d', channels: first, kernel: 5 },
      { op: 'max-pool', size: 2 },
      relu,
      { op: 'conv2d', channels: second, kernel: 5 },
      { op: 'max-pool', size: 2 },
      relu,
      { op: 'conv2d', channels: third, kernel: 2 },
      relu,
      { op: 'flatten' },
      { op: 'dense', units },
      relu,
      { op: 'dense', units: 10 },
    ],
  });
}

/** Channels of the stem and of its block, and of the last convolution. */
type ResidualWidths = readonly [number, number, number];

/** A residual network on images of 8×8 with a global mean, of 2,586 weights with the widths 8, 8, 16. */
function residualNetwork([stem, block, last]: ResidualWidths): Architecture {
  return graphArchitecture({
    input: [1, 8, 8],
    nodes: [
      { op: 'conv2d', channels: stem, kernel: 3, padding: 1 },
      { ...relu, id: 'stem' },
      { op: 'conv2d', channels: block, kernel: 3, padding: 1 },
      relu,
      { op: 'conv2d', channels: stem, kernel: 3, padding: 1, id: 'block' },
      { op: 'add', inputs: ['block', 'stem'] },
      relu,
      { op: 'max-pool', size: 2 },
      { op: 'conv2d', channels: last, kernel: 3 },
      relu,
      { op: 'global-avg-pool' },
      { op: 'dense', units: 10 },
    ],
  });
}

const SMALL_WIDTHS: readonly SmallWidths[] = [
  [8, 6, 4, 20],
  [6, 6, 4, 20],
  [10, 6, 4, 20],
  [8, 4, 4, 16],
  [8, 8, 4, 20],
  [8, 6, 6, 24],
  [10, 8, 6, 20],
  [6, 4, 4, 16],
];

const RESIDUAL_WIDTHS: readonly ResidualWidths[] = [
  [8, 8, 16],
  [6, 8, 16],
  [10, 8, 16],
  [8, 6, 12],
  [8, 10, 16],
  [8, 8, 20],
  [10, 12, 16],
  [6, 6, 12],
];

/** Runs of the usual network, and of each of its neighbours. */
const USUAL_RUNS = 50;
const NEIGHBOUR_RUNS = 25;

/**
 * Chosen on MNIST: .96 to .97 of the test rows after three epochs. The rate falls to zero, so that the
 * snapshots of the last epochs are all trained.
 */
const SMALL_TRAINING: BaseTraining = {
  optimizer: { kind: 'adam' },
  learningRate: 5e-3,
  schedule: { kind: 'cosine' },
  epochs: 5,
  batchSize: 128,
  snapshots: { ignoreEpochs: 3, perRun: 10 },
};

/** Chosen on digits: .97 to .98 of the test rows. */
const RESIDUAL_TRAINING: BaseTraining = {
  ...SMALL_TRAINING,
  learningRate: 1e-2,
  epochs: 40,
  batchSize: 32,
  snapshots: { ignoreEpochs: 25, perRun: 10 },
};

interface ImageRecipe {
  readonly training: BaseTraining;
  readonly architectures: readonly ZooArchitecture[];
}

/**
 * Training and architectures of convolutional networks for a task.
 *
 * @param isMixed - with neighbours of other numbers of channels
 * @throws WeightspringError `invalid-argument` for a task without images
 */
export function imageRecipe(task: string, isMixed: boolean): ImageRecipe {
  const [training, architectures] =
    task === 'digits'
      ? [RESIDUAL_TRAINING, RESIDUAL_WIDTHS.map(residualNetwork)]
      : [SMALL_TRAINING, SMALL_WIDTHS.map(smallNetwork)];
  ensure(
    isImageTask(task),
    'invalid-argument',
    () =>
      `convolutional networks need images, which mnist, fashion-mnist and digits have, got '${task}'`,
    'recipe',
  );
  return {
    training,
    architectures: architectures.slice(0, isMixed ? undefined : 1).map((architecture, index) => ({
      architecture,
      runs: index === 0 ? USUAL_RUNS : NEIGHBOUR_RUNS,
    })),
  };
}

/** How networks that read images are trained by default; undefined for a task without images. */
export function imageTraining(task: string): BaseTraining | undefined {
  return isImageTask(task) ? imageRecipe(task, false).training : undefined;
}

function isImageTask(task: string): boolean {
  return task === 'digits' || task === 'mnist' || task === 'fashion-mnist';
}
