import { architecture } from '../network/architecture.js';
import { ensure } from '../errors.js';
import type { BaseTraining } from './base-trainer.js';
import { epochSize } from './minibatches.js';
import { imageRecipe } from './image-recipes.js';
import type { PreparedTask } from './prepared-task.js';
import type { SnapshotPlan } from './snapshot-plan.js';
import type { ZooArchitecture } from './zoo.js';

/**
 * The networks of a zoo: `single`, the task's usual architecture; `mixed`, that and many similar
 * ones; `thesis`, the usual one with as many snapshots as in the thesis; `cnn`, the usual convolutional
 * network of a task with images; `mixed-cnn`, that and networks with other numbers of channels.
 */
export type RecipeChoice = 'single' | 'mixed' | 'thesis' | 'cnn' | 'mixed-cnn';

/** The default training of a task's zoo. */
export interface ZooRecipe {
  readonly training: BaseTraining;
  readonly architectures: readonly ZooArchitecture[];
}

interface TaskRecipe {
  readonly inputs: number;
  readonly outputs: number;
  /** Hidden widths of the usual network. */
  readonly hidden: readonly number[];
  readonly runs: number;
  readonly training: BaseTraining;
  /** Snapshots of the thesis, for its tasks. */
  readonly thesis?: SnapshotPlan;
}

const TABULAR: BaseTraining = {
  optimizer: { kind: 'adam' },
  learningRate: 3e-3,
  schedule: { kind: 'constant' },
  epochs: 50,
  batchSize: 32,
  snapshots: { ignoreEpochs: 10, perRun: 10 },
};

/**
 * Decay and rate were chosen by six-fold resampling of the rows outside the test part of split 0:
 * decay reduced the cross-entropy of 30-16-16-2 from .077 to .055, with .3 points more accuracy.
 */
const WDBC: BaseTraining = { ...TABULAR, optimizer: { kind: 'adam', weightDecay: 0.5 } };

/** For data sets that 50 epochs at the lower rate underfit: few rows, or a curved boundary. */
const SMALL: BaseTraining = {
  ...TABULAR,
  learningRate: 1e-2,
  epochs: 100,
  snapshots: { ignoreEpochs: 50, perRun: 10 },
};

/**
 * Many neurons and decay, so that networks with slightly wrong weights still classify: noise of a
 * fifth of every tensor's root mean square reduces the validation accuracy of 2-16-2 without decay
 * from .985 to .84, of 2-96-2 with decay from .999 to .961.
 */
const SPIRALS: BaseTraining = { ...SMALL, optimizer: { kind: 'adam', weightDecay: 0.2 } };

/** The thesis's settings for MNIST networks, with 20 snapshots instead of one every 10 steps. */
const IMAGES: BaseTraining = {
  optimizer: { kind: 'sgd', momentum: 0.9, weightDecay: 1e-5 },
  learningRate: 0.1,
  schedule: { kind: 'constant' },
  epochs: 25,
  batchSize: 128,
  snapshots: { ignoreEpochs: 5, perRun: 20 },
};

/** Tried out on these data sets. */
const RECIPES: Readonly<Record<string, TaskRecipe>> = {
  wdbc: {
    inputs: 30,
    outputs: 2,
    hidden: [16, 16],
    runs: 100,
    training: WDBC,
    thesis: { ignoreEpochs: 10, everySteps: 4 },
  },
  iris: { inputs: 4, outputs: 3, hidden: [16, 16], runs: 100, training: SMALL },
  wine: { inputs: 13, outputs: 3, hidden: [16, 16], runs: 100, training: SMALL },
  digits: { inputs: 64, outputs: 10, hidden: [16, 16], runs: 100, training: TABULAR },
  mnist: {
    inputs: 784,
    outputs: 10,
    hidden: [10],
    runs: 50,
    training: IMAGES,
    thesis: { ignoreEpochs: 5, everySteps: 10 },
  },
  'fashion-mnist': { inputs: 784, outputs: 10, hidden: [10], runs: 50, training: IMAGES },
  spirals: { inputs: 2, outputs: 2, hidden: [96], runs: 40, training: SPIRALS },
};

/** Updates that small networks on tables take to converge. */
const TABLE_UPDATES = 1000;
/** The same for images. */
const IMAGE_UPDATES = 8000;
const EPOCHS = { min: 2, max: 100 };
/** From so many features of one unit on, rows are images. */
const IMAGE_FEATURES = 100;

/** For any other data set: as many updates as one of the kind needs, whatever its number of rows. */
function recipeFor({ featureNames, classNames, sharedUnit, split }: RecipeData): TaskRecipe {
  const isOfImages = sharedUnit && featureNames.length >= IMAGE_FEATURES;
  const usual = isOfImages ? IMAGES : WDBC;
  const updates = isOfImages ? IMAGE_UPDATES : TABLE_UPDATES;
  const { stepsPerEpoch } = epochSize(split.train.length, usual.batchSize);
  const epochs = Math.min(Math.max(Math.ceil(updates / stepsPerEpoch), EPOCHS.min), EPOCHS.max);
  return {
    inputs: featureNames.length,
    outputs: classNames.length,
    hidden: isOfImages ? [32] : [16, 16],
    runs: isOfImages ? 50 : 100,
    training: {
      ...usual,
      epochs,
      snapshots: { ignoreEpochs: Math.floor(epochs / 2), perRun: 10 },
    },
  };
}

/** What the recipe for a data set depends on. */
export type RecipeData = Pick<
  PreparedTask,
  'task' | 'isBuiltIn' | 'featureNames' | 'classNames' | 'sharedUnit' | 'split'
>;

/**
 * Hidden widths of a mixed zoo besides the task's usual network: one to three layers of 8 to 32,
 * growing, shrinking, constant, and mixed.
 */
const MIXED_HIDDEN: readonly (readonly number[])[] = [
  [8],
  [10],
  [12],
  [16],
  [20],
  [24],
  [28],
  [32],
  [8, 8],
  [8, 24],
  [12, 12],
  [12, 20],
  [16, 8],
  [16, 32],
  [20, 14],
  [24, 24],
  [28, 12],
  [32, 18],
  [32, 32],
  [8, 8, 8],
  [8, 16, 28],
  [12, 24, 12],
  [12, 12, 20],
  [16, 16, 16],
  [20, 8, 20],
  [24, 16, 8],
  [24, 24, 24],
  [32, 20, 28],
  [32, 32, 32],
];

/** Runs of each architecture of a mixed zoo except the usual one. */
const MIXED_RUNS = 20;

/**
 * The default training and architectures for a data set: a built-in one by its name, or any.
 *
 * The thesis gives runs, epochs, optimiser and snapshots of its zoos, but no learning rate and weight
 * decay for WDBC: `thesis` uses ours.
 *
 * @param choice - default `single`; `mixed` has 29 other architectures, 680 runs in all for WDBC
 * @throws WeightspringError `invalid-argument` for a name that is not known, for `thesis` with a
 *   data set that is not in it, and for convolutional networks with one that has no images
 */
export function zooRecipe(data: string | RecipeData, choice: RecipeChoice = 'single'): ZooRecipe {
  const { inputs, outputs, hidden, runs, training, thesis } = taskRecipe(data);
  const of = (widths: readonly number[], count: number): ZooArchitecture => ({
    architecture: architecture([inputs, ...widths, outputs]),
    runs: count,
  });
  const usual = of(hidden, runs);
  switch (choice) {
    case 'single':
      return { training, architectures: [usual] };
    case 'mixed': {
      const others = MIXED_HIDDEN.filter((widths) => widths.join() !== hidden.join());
      return {
        training,
        architectures: [usual, ...others.map((widths) => of(widths, MIXED_RUNS))],
      };
    }
    case 'cnn':
    case 'mixed-cnn':
      return imageRecipe(nameOf(data), choice === 'mixed-cnn');
    case 'thesis': {
      ensure(
        thesis !== undefined,
        'invalid-argument',
        () => `the thesis has zoos for wdbc and mnist, none for '${nameOf(data)}'`,
        'recipe',
      );
      return { training: { ...training, snapshots: thesis }, architectures: [usual] };
    }
  }
}

function taskRecipe(data: string | RecipeData): TaskRecipe {
  const isKnown = typeof data === 'string' || data.isBuiltIn;
  const recipe = isKnown ? RECIPES[nameOf(data)] : recipeFor(data);
  ensure(
    recipe !== undefined,
    'invalid-argument',
    () => `there is no recipe for a data set '${nameOf(data)}': give the data set itself`,
    'task',
  );
  return recipe;
}

const nameOf = (data: string | RecipeData): string => (typeof data === 'string' ? data : data.task);
