import { architectureName, type Architecture } from '../network/architecture.js';
import { architectureFields } from '../network/architecture-fields.js';
import { networkOf } from '../network/network.js';
import { ensure } from '../errors.js';
import { createPace, type Watcher } from '../pace.js';
import type { Judgement } from '../flows/flow-figures.js';
import { meanPairwiseDivergence, probabilities } from '../zoo/metrics.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import type { SplitOptions } from '../data/split.js';
import { averagedAccuracy, averagingCurve, type AveragingPoint } from './averaging.js';
import type { Baseline } from './baselines.js';
import { checkSameData } from './check-same-data.js';
import type { FreshNetworks } from './fresh.js';
import { judge } from './judge.js';
import { measureNetworks, testLabels, type MeasuredNetwork } from './measure-network.js';
import { largestErrorIoU, novelAndAccurate } from './novelty.js';
import {
  mean,
  populationMetrics,
  type PopulationMetrics,
  type TrainedMetrics,
} from './population-metrics.js';
import {
  errorSetsOf,
  findArchitecture,
  zooErrorSets,
  zooIndependentErrorIoU,
  type FlowReference,
} from './reference.js';

export interface EvaluationOptions {
  /** Of the flow's zoo. */
  readonly reference: FlowReference;
  readonly architecture: Architecture;
  /** Generated networks, flat weights, at least one. */
  readonly networks: readonly Float32Array[];
  /** The reference's data set, prepared with its split. */
  readonly task: PreparedTask;
  /** Sampling steps that the networks were generated with. */
  readonly steps: number;
  /** Seed that they were generated from. */
  readonly seed: number;
  /** Freshly trained networks to compare with, for an architecture that the zoo has none of. */
  readonly fresh?: Pick<FreshNetworks, 'metrics' | 'errors'> | undefined;
}

/** The same figures, each null where there is nothing to take them from. */
type OrNull<T> = { readonly [K in keyof T]: T[K] extends number ? number | null : OrNull<T[K]> };

/** How generated networks do beside trained ones: rates are fractions, cross-entropies nats. */
export interface EvaluationReport {
  readonly task: string;
  readonly architecture: Architecture;
  readonly steps: number;
  readonly seed: number;
  /** The rows that everything but error sets is measured on. */
  readonly split: Required<SplitOptions> & { readonly part: 'test'; readonly rows: number };
  readonly samples: PopulationMetrics & { readonly count: number };
  readonly averaged: {
    /** Of the mean of all samples' probabilities. */
    readonly accuracy: number;
    /** Against the number of samples. */
    readonly curve: readonly AveragingPoint[];
  };
  /** Mean over pairs of samples of the Jensen–Shannon divergence of their probabilities, in nats. */
  readonly diversity: number;
  readonly novelty: {
    /** Mean over samples of the largest error overlap with any final network of the zoo. */
    readonly maxErrorIoU: number;
    /** The same of final networks with all others: of this architecture, else of the whole zoo. */
    readonly independentMaxErrorIoU: number | null;
    /** Fraction of the samples. */
    readonly novelAndAccurate: number | null;
    /** Fraction of the final networks of this architecture. */
    readonly independentNovelAndAccurate: number | null;
  };
  /** Trained networks of this architecture. */
  readonly zoo: OrNull<TrainedMetrics>;
  readonly baselines: {
    readonly interpolation: OrNull<Baseline>;
    readonly soup: OrNull<Baseline>;
  };
  /** On the validation part; null without trained networks, or where these only guess. */
  readonly judgement: Judgement | null;
  /** Why figures are null or not the zoo's own; null where they are all there. */
  readonly note: string | null;
}

const NO_NETWORKS: OrNull<TrainedMetrics> = {
  runs: null,
  accuracy: { mean: null, std: null, min: null },
  crossEntropy: { mean: null },
  ece: { mean: null },
};

const NO_BASELINE: OrNull<Baseline> = {
  members: null,
  draws: null,
  accuracy: null,
  maxErrorIoU: null,
  novelAndAccurate: null,
};

/**
 * Measures generated networks of one architecture against the zoo that their flow learnt from.
 *
 * @param watcher - hears of every network
 * @throws WeightspringError `data-corrupt` when the data set is not the reference's,
 * `invalid-argument` for another split, no networks or an architecture that does not fit the task,
 * `shape-mismatch` for networks that do not fit the architecture, `cancelled`
 */
export async function evaluateSamples(
  options: EvaluationOptions,
  watcher: Watcher = {},
): Promise<EvaluationReport> {
  const { architecture, networks, task } = options;
  checkSamples(options);
  const measured = await measureNetworks(architecture, networks, task, watcher);
  return reportOn(options, measured, watcher);
}

/**
 * Refuses what cannot be evaluated, before any work.
 *
 * @throws WeightspringError as {@link evaluateSamples}
 */
export function checkSamples({
  reference,
  architecture,
  networks,
  task,
}: Pick<EvaluationOptions, 'reference' | 'architecture' | 'networks' | 'task'>): void {
  checkSameData(reference, task);
  checkFit(architecture, task);
  ensure(networks.length > 0, 'invalid-argument', () => 'expected at least one sample', 'samples');
}

/**
 * The report on networks that have been measured.
 *
 * @param measured - one per network
 * @throws WeightspringError `cancelled`
 */
export async function reportOn(
  { reference, architecture, task, steps, seed, fresh }: Omit<EvaluationOptions, 'networks'>,
  measured: readonly MeasuredNetwork[],
  { signal }: Watcher = {},
): Promise<EvaluationReport> {
  const pace = createPace(signal);
  const rows = task.split.test.length;
  const probs = measured.map(({ testLogits }) => probabilities(testLogits, rows));
  const labels = testLabels(task);

  const known = findArchitecture(reference, architecture);
  const trained = known ?? fresh?.metrics;
  const trainedErrors = known === undefined ? (fresh?.errors ?? []) : errorSetsOf(known, reference);
  const zooErrors = zooErrorSets(reference);
  const judged = measured.map(({ test, errors }) => ({
    accuracy: test.accuracy,
    errorIoU: largestErrorIoU(errors, zooErrors),
  }));
  const independent = known?.independentMaxErrorIoU ?? zooIndependentErrorIoU(reference);

  return {
    task: reference.task,
    architecture,
    steps,
    seed,
    split: { part: 'test', rows, ...reference.split },
    samples: {
      count: measured.length,
      ...populationMetrics(measured.map(({ test }) => test)),
    },
    averaged: {
      accuracy: averagedAccuracy(probs, labels),
      curve: await averagingCurve(probs, labels, pace),
    },
    diversity: await meanPairwiseDivergence(probs, rows, pace),
    novelty: {
      maxErrorIoU: mean(judged.map(({ errorIoU }) => errorIoU)),
      independentMaxErrorIoU: independent,
      novelAndAccurate:
        trained === undefined || independent === null
          ? null
          : novelAndAccurate(judged, { accuracy: trained.accuracy.mean, errorIoU: independent }),
      independentNovelAndAccurate: known?.independentNovelAndAccurate ?? null,
    },
    zoo: trained === undefined ? NO_NETWORKS : trainedFigures(trained),
    baselines: {
      interpolation: known?.baselines.interpolation ?? NO_BASELINE,
      soup: known?.baselines.soup ?? NO_BASELINE,
    },
    judgement: judge(
      measured.map(({ errors }) => errors),
      trainedErrors,
      task,
    ),
    note: note(known?.baselines, fresh !== undefined && known === undefined),
  };
}

/** Only the figures: a reference's entry has its error sets beside them. */
function trainedFigures({ runs, accuracy, crossEntropy, ece }: TrainedMetrics): TrainedMetrics {
  return { runs, accuracy, crossEntropy, ece };
}

function note(
  baselines: Readonly<Record<'interpolation' | 'soup', unknown>> | undefined,
  hasFresh: boolean,
): string | null {
  if (baselines === undefined) {
    const zoo = hasFresh
      ? "'zoo' are freshly trained networks"
      : "'zoo' is null for want of trained networks";
    return (
      `the zoo has no network of this architecture: ${zoo}, there are no baselines, and the ` +
      'independent error overlap is that of the whole zoo'
    );
  }
  const missing = (['interpolation', 'soup'] as const).filter((name) => baselines[name] === null);
  return missing.length === 0
    ? null
    : `the zoo has too few networks of this architecture for: ${missing.join(', ')}`;
}

function checkFit(arch: Architecture, { featureNames, classNames, task }: PreparedTask): void {
  const { inputs, outputs } = networkOf(arch);
  ensure(
    inputs === featureNames.length && outputs === classNames.length,
    'invalid-argument',
    () =>
      `expected a network from ${featureNames.length} features to ${classNames.length} classes of ` +
      `'${task}', got ${architectureName(arch)}`,
    architectureFields(arch).whole,
  );
}
