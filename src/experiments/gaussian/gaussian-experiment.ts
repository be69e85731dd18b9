import { PREDICTIONS, type Prediction } from '../../flow/prediction.js';
import { SOLVERS, type Solver } from '../../flow/solvers/solver.js';
import { DETERMINISTIC } from '../../flow/stochasticity.js';
import { likelihoodFlow } from '../../likelihood/likelihood-flow.js';
import { createPace, type Pace } from '../../pace.js';
import { readFlow } from '../../flows/flow-store.js';
import { Sampler } from '../../sampling/sampler.js';
import type { ExperimentRun } from '../experiment-run.js';
import type { GaussianBudget } from './budget.js';
import { calibratedStrength, recommendedStrength, sampleVariance } from './exact-flow.js';
import { exactLikelihoodFlow, likelihoodGap, type LikelihoodGap } from './likelihood-gap.js';
import { momentsOf, type Moments } from './moments.js';
import { epsilonOf, strengthOf, THESIS_NOISE, type Noise } from './noise.js';
import { sampleExact } from './sample-exact.js';
import {
  FLOWS_FOLDER,
  GAUSSIAN_ARCHITECTURE,
  gaussianFlowName,
  TARGET_MEAN,
  trainGaussian,
  type GaussianTraining,
} from './train-gaussian.js';

/** Moments of samples, and the noise that they were drawn with. */
export interface NoisyMoments extends Moments {
  /** Standard deviation of the noise before every step. */
  readonly epsilon: number;
}

/** A solver at a number of steps, with each measured kind of noise. */
export interface GaussianRow {
  readonly solver: Solver;
  readonly steps: number;
  readonly noises: Readonly<Partial<Record<Noise, NoisyMoments>>>;
}

/** With the exact field, which needs no calibration. */
export interface ExactRow extends GaussianRow {
  /** The closed form of the variance without noise. */
  readonly closedForm: number;
}

export interface GaussianFlow {
  readonly prediction: Prediction;
  readonly training: GaussianTraining;
  readonly rows: readonly GaussianRow[];
  readonly density: LikelihoodGap;
}

export interface GaussianResults {
  readonly exact: readonly ExactRow[];
  /** Density of the exact field. */
  readonly density: LikelihoodGap;
  readonly flows: readonly GaussianFlow[];
}

/**
 * The thesis's Gaussian experiment: from N(0, 1) to N(1, 1) in the weight space of 30-16-16-2, with
 * the exact velocity field and with learned ones, each solver at several step counts, without and
 * with noise.
 *
 * @throws WeightspringError `cancelled` if the run is stopped; the same call continues it
 */
export async function gaussianExperiment(
  run: ExperimentRun,
  budget: GaussianBudget,
  seed: number,
): Promise<GaussianResults> {
  const ways = SOLVERS.flatMap((solver) => budget.steps.map((steps) => ({ solver, steps })));
  const exact = await run.each('exact', ways.length, (index) =>
    exactRow(ways[index] as Way, budget, seed, createPace(run.signal)),
  );
  const judged = {
    points: budget.densityPoints,
    likelihood: { probes: budget.densityProbes },
    seed,
  };
  const density = await run.once('density/exact', () =>
    likelihoodGap(exactLikelihoodFlow(), { ...judged, ...run.watcher('density/exact') }),
  );
  const trainings: GaussianTraining[] = [];
  for (const prediction of PREDICTIONS) {
    trainings.push(
      await run.once(`trained/${prediction}`, () => trainGaussian(run, prediction, budget, seed)),
    );
  }
  const flows: GaussianFlow[] = [];
  const sampler = await Sampler.open({ modelsDir: run.path(FLOWS_FOLDER) });
  try {
    for (const [index, prediction] of PREDICTIONS.entries()) {
      const training = trainings[index] as GaussianTraining;
      const rows = await run.each(`samples/${prediction}`, ways.length, (way) =>
        flowRow(
          (options) =>
            sampleFlow(sampler, gaussianFlowName(prediction), budget.samples, options, run.signal),
          ways[way] as Way,
          seed,
        ),
      );
      const own = await run.once(`density/${prediction}`, async () => {
        const stored = await readFlow(run.path(FLOWS_FOLDER, gaussianFlowName(prediction)));
        return likelihoodGap(likelihoodFlow(stored), {
          ...judged,
          ...run.watcher(`density/${prediction}`),
        });
      });
      flows.push({ prediction, training, rows, density: own });
    }
  } finally {
    await sampler.close();
  }
  return { exact, density, flows };
}

interface Way {
  readonly solver: Solver;
  readonly steps: number;
}

interface DrawOptions extends Way {
  readonly strength: number;
  readonly seed: number;
}

async function exactRow(
  way: Way,
  { exactNumbers }: GaussianBudget,
  seed: number,
  pace: Pace,
): Promise<ExactRow> {
  const draw = (options: DrawOptions): Promise<Moments> =>
    sampleExact({ ...options, mean: TARGET_MEAN, count: exactNumbers }, pace);
  const noises = await drawWithNoises(draw, way, seed);
  return { ...way, noises, closedForm: sampleVariance(way.solver, way.steps, 0) };
}

async function flowRow(
  draw: (options: DrawOptions) => Promise<Moments>,
  way: Way,
  seed: number,
): Promise<GaussianRow> {
  const noises = await drawWithNoises(draw, way, seed);
  const probe = strengthOf(THESIS_NOISE, way.steps);
  const strength = calibratedStrength(noises.none.variance, noises.thesis.variance, probe);
  // Noise other than that of the calibration, which would otherwise be tested on its own data.
  const moments = await draw({ ...way, strength, seed: seed + 1 });
  const calibrated = { epsilon: epsilonOf(strength, way.steps), ...moments };
  return { ...way, noises: { ...noises, calibrated } };
}

async function drawWithNoises(
  draw: (options: DrawOptions) => Promise<Moments>,
  way: Way,
  seed: number,
): Promise<Readonly<Record<'none' | 'thesis' | 'solver', NoisyMoments>>> {
  const { solver, steps } = way;
  const withStrength = async (strength: number): Promise<NoisyMoments> => ({
    epsilon: epsilonOf(strength, steps),
    ...(await draw({ ...way, strength, seed })),
  });
  return {
    none: await withStrength(0),
    thesis: await withStrength(strengthOf(THESIS_NOISE, steps)),
    solver: await withStrength(recommendedStrength(solver, steps)),
  };
}

async function sampleFlow(
  sampler: Sampler,
  flow: string,
  count: number,
  { solver, steps, strength, seed }: DrawOptions,
  signal: AbortSignal | undefined,
): Promise<Moments> {
  const drawn = await sampler.sampleWeights(
    {
      flow,
      architecture: GAUSSIAN_ARCHITECTURE,
      seed,
      firstIndex: 0,
      count,
      solver,
      steps,
      timeGrid: 'uniform',
      stochasticity: { ...DETERMINISTIC, strength },
    },
    signal === undefined ? {} : { signal },
  );
  return momentsOf(drawn.map(({ weights }) => weights));
}
