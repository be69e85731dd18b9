import type { MnistSamples } from '../../../src/experiments/mnist/measure-mnist.js';
import type { MnistResults } from '../../../src/experiments/mnist/mnist-experiment.js';
import { MNIST_VARIANTS } from '../../../src/experiments/mnist/mnist-recipe.js';
import { zooRecipe } from '../../../src/zoo/recipes.js';

export const STEPS = [1, 4, 64];

type Cell = Pick<MnistSamples, 'steps'> & { readonly name: string };

const averages = [
  { samples: 1, accuracy: 0.915 },
  { samples: 2, accuracy: 0.925 },
  { samples: 4, accuracy: 0.935 },
];
const good = {
  accuracy: { mean: 0.915, std: 0.01, min: 0.88 },
  crossEntropy: { mean: 0.3 },
  ece: { mean: 0.02 },
};

/** Results in which every flow is exactly as good as the zoo, but for `change`. */
export function mnistResults(
  change: (cell: Cell) => Partial<MnistSamples> = () => ({}),
  wideMean = 0.9,
): MnistResults {
  return {
    zoo: {
      trained: {
        layers: [784, 10, 10],
        activation: 'relu',
        runs: 50,
        ...good,
        errorSets: [],
        independentMaxErrorIoU: 0.485,
        independentNovelAndAccurate: 0.3,
        baselines: {
          interpolation: {
            members: 2,
            draws: 64,
            accuracy: 0.8963,
            maxErrorIoU: 0.6,
            novelAndAccurate: 0,
          },
          soup: null,
        },
      },
      training: zooRecipe('mnist').training,
      networks: 500,
      averages: [...averages.slice(0, 2), { samples: 3, accuracy: 0.9312 }],
      divergence: 0.049,
    },
    variants: MNIST_VARIANTS.map((variant) => ({
      variant,
      training: { sha256: 'ab'.repeat(32), loss: 0.4, durationSeconds: 60 },
      samples: STEPS.map((steps) => ({
        solver: 'euler',
        steps,
        ...good,
        averagedAccuracy: 0.935,
        detail:
          steps === 1
            ? null
            : { averages, divergence: 0.045, maxErrorIoU: 0.51, noveltyRatio: 0.9321 },
        ...change({ name: variant.name, steps }),
      })),
      wide:
        variant.setting === 'equivariant'
          ? [4, 64].map((steps) => ({
              steps,
              accuracy: { mean: wideMean, std: 0.02, min: 0.85 },
              averagedAccuracy: 0.9444,
            }))
          : null,
    })),
  };
}
