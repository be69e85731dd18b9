import { MATCHERS } from '../../../src/experiments/barriers/matchers.js';
import type { BarriersByMatcher } from '../../../src/experiments/barriers/measure-barriers.js';
import type { SampleFigures } from '../../../src/experiments/wdbc/measure-variant.js';
import { WDBC_VARIANTS } from '../../../src/experiments/wdbc/wdbc-recipe.js';
import type { WdbcResults } from '../../../src/experiments/wdbc/wdbc-experiment.js';
import { SOLVERS } from '../../../src/flow/solvers/solver.js';

export const STEPS = [1, 8, 64];

type Cell = Pick<SampleFigures, 'solver' | 'steps'> & { readonly name: string };

/** Results in which every flow is exactly as good as the zoo, but for `change`. */
export function wdbcResults(
  change: (cell: Cell) => Partial<SampleFigures> = () => ({}),
): WdbcResults {
  const good = {
    accuracy: { mean: 0.98, std: 0.01, min: 0.96 },
    crossEntropy: { mean: 0.08 },
    ece: { mean: 0.02 },
  };
  return {
    zoo: {
      trained: {
        layers: [30, 16, 16, 2],
        activation: 'relu',
        runs: 100,
        ...good,
        errorSets: [],
        independentMaxErrorIoU: 0.9,
        independentNovelAndAccurate: 0.3,
        baselines: { interpolation: null, soup: null },
      },
      fixedNormCrossEntropy: 0.1,
      networks: 10_000,
    },
    snapshots: good,
    barriers: Object.fromEntries(
      MATCHERS.map((name) => [name, [{ train: 0.1, test: 0.1, durationMs: 1 }]]),
    ) as unknown as BarriersByMatcher,
    variants: WDBC_VARIANTS.map((variant) => ({
      variant,
      training: { sha256: 'ab'.repeat(32), loss: 0.4, durationSeconds: 60 },
      samples: SOLVERS.flatMap((solver) =>
        STEPS.map((steps) => ({
          solver,
          steps,
          ...good,
          averagedAccuracy: 0.99,
          maxErrorIoU: 0.5,
          novelAndAccurate: 0.8,
          fixedNormCrossEntropy: 0.11,
          ...change({ name: variant.name, solver, steps }),
        })),
      ),
    })),
  };
}
