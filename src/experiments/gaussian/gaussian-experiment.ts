import { PREDICTIONS, type Prediction } from '../../flow/prediction.js';
import { SOLVERS, type Solver } from '../../flow/solvers/solver.js';
import { DETERMINISTIC } from '../../flow/stochasticity.js';
import { Sampler } from '../../sampling/sampler.js';
import type { ExperimentRun } from '../experiment-run.js';
import type { GaussianBudget } from './budget.js';
import { sampleVariance } from './exact-flow.js';
import { momentsOf, type Moments } from './moments.js';
import { NOISES, strengthOf, type Noise } from './noise.js';
import { sampleExact } from './sample-exact.js';
import {
  FLOWS_FOLDER,
  GAUSSIAN_ARCHITECTURE,
  gaussianFlowName,
  TARGET_MEAN,
  trainGaussian,
  type GaussianTraining,
} from './train-gaussian.js';

/** One row: a way of sampling, and the moments that came out. */
export interface GaussianCell extends Moments {
  readonly solver: Solver;
  readonly steps: number;
  readonly noise: Noise;
  /** Standard deviation of the noise before every step. */
  readonly epsilon: number;
}

export interface GaussianResults {
  /** With the exact field; `expected` is the closed form of the variance. */
  readonly exact: readonly (GaussianCell & { readonly expected: number })[];
  readonly flows: readonly {
    readonly prediction: Prediction;
    readonly training: GaussianTraining;
    /** Variance that the learned field loses however small the steps: 1 − that of RK4. */
    readonly lost: number;
    readonly cells: readonly GaussianCell[];
  }[];
}

/**
 * The thesis's Gaussian experiment: from N(0, 1) to N(1, 1) in the weight space of 30-16-16-2, with
 * the exact velocity field and with learned ones, each solver at several step counts, without and
 * with noise.
 *
 * @throws WeightspringError `cancelled` when the run is stopped; the same call continues it
 */
export async function gaussianExperiment(
  run: ExperimentRun,
  budget: GaussianBudget,
  seed: number,
): Promise<GaussianResults> {
  const ways = SOLVERS.flatMap((solver) =>
    budget.steps.flatMap((steps) => NOISES.map((noise) => ({ solver, steps, noise }))),
  );
  const exact = await run.each('exact', ways.length, (index) => {
    const { solver, steps, noise } = ways[index] as Way;
    const strength = strengthOf(noise, solver, steps, 0);
    const moments = sampleExact({
      solver,
      steps,
      strength,
      mean: TARGET_MEAN,
      count: budget.exactNumbers,
      seed,
    });
    const expected = sampleVariance(solver, steps, strength);
    return { solver, steps, noise, epsilon: strength / Math.sqrt(steps), ...moments, expected };
  });

  const trainings: GaussianTraining[] = [];
  for (const prediction of PREDICTIONS) {
    trainings.push(
      await run.once(`trained/${prediction}`, () => trainGaussian(run, prediction, budget, seed)),
    );
  }
  const flows: GaussianResults['flows'][number][] = [];
  const sampler = await Sampler.open({ modelsDir: run.path(FLOWS_FOLDER) });
  try {
    for (const [index, prediction] of PREDICTIONS.entries()) {
      const draw = (way: Omit<Way, 'noise'>, strength: number): Promise<Moments> =>
        sampleFlow(sampler, gaussianFlowName(prediction), way, strength, budget.samples, seed);
      const finest = { solver: 'rk4', steps: Math.max(...budget.steps) } as const;
      const lost = await run.once(`lost/${prediction}`, async () => {
        const { variance } = await draw(finest, 0);
        return Math.max(0, 1 - variance);
      });
      const cells = await run.each(`samples/${prediction}`, ways.length, async (cell) => {
        const { solver, steps, noise } = ways[cell] as Way;
        const strength = strengthOf(noise, solver, steps, lost);
        const moments = await draw({ solver, steps }, strength);
        return { solver, steps, noise, epsilon: strength / Math.sqrt(steps), ...moments };
      });
      flows.push({ prediction, training: trainings[index] as GaussianTraining, lost, cells });
    }
  } finally {
    await sampler.close();
  }
  return { exact, flows };
}

interface Way {
  readonly solver: Solver;
  readonly steps: number;
  readonly noise: Noise;
}

async function sampleFlow(
  sampler: Sampler,
  flow: string,
  { solver, steps }: Omit<Way, 'noise'>,
  strength: number,
  count: number,
  seed: number,
): Promise<Moments> {
  const drawn = await sampler.sampleWeights({
    flow,
    architecture: GAUSSIAN_ARCHITECTURE,
    seed,
    firstIndex: 0,
    count,
    solver,
    steps,
    timeGrid: 'uniform',
    stochasticity: { ...DETERMINISTIC, strength },
  });
  return momentsOf(drawn.map(({ weights }) => weights));
}
