import type { FlowGeometry } from '../../flow/geometry.js';
import { architecture } from '../../network/architecture.js';
import type { FlowTrainingConfig } from '../../training/flow-training-config.js';
import type { FlowRecipe } from '../thesis/flow-recipe.js';
import { variantsOf } from '../thesis/variants.js';
import type { MnistBudget } from './budget.js';

/** The flows of the experiment. */
export const MNIST_VARIANTS = variantsOf('mnist');

/** Of the zoo, and wider than anything in it. */
export const MNIST_ARCHITECTURE = architecture([784, 10, 10]);
export const WIDE_ARCHITECTURE = architecture([784, 32, 10]);

/** Euler steps at which flows are judged, beside the most that are measured. */
export const FEW_STEPS = 4;

/** Times at which samples are computed: decision 0036. */
export const TIME_GRID = 'early';

/** What the geometries do not share: decision 0036. */
const BY_GEOMETRY = {
  euclidean: { skip: 'biases' },
  normalized: { skip: 'biases', lossMean: 'coordinates' },
  geometric: { skip: 'euclidean', lossMean: 'coordinates' },
} as const satisfies Record<FlowGeometry, Partial<FlowTrainingConfig>>;

/** How the flows are trained: reduced networks, matched noise, and a behaviour loss. */
export function mnistRecipe(budget: MnistBudget): FlowRecipe {
  const { updates, batch, width, blocks, rank, behaviourRows } = budget;
  return {
    updates,
    batch,
    width,
    blocks,
    zoo: "thesis's MNIST zoo",
    velocity: {},
    training: (geometry) => ({
      learningRate: 3e-3,
      prior: 'matched',
      inputMetric: rank,
      behaviour: { weight: 0.5, rows: behaviourRows },
      ...BY_GEOMETRY[geometry],
    }),
    stored: {
      sampling: { timeGrid: TIME_GRID, steps: FEW_STEPS },
      maxWidth: WIDE_ARCHITECTURE.layers[1] ?? 0,
    },
  };
}
