import type { PopulationMetrics } from '../../evaluation/population-metrics.js';
import type { Solver } from '../../flow/solvers/solver.js';
import type { VariantTraining } from './train-variants.js';
import type { Variant } from './variants.js';

/** Samples of one flow by one solver and number of steps, on the test part. */
export interface StepFigures extends PopulationMetrics {
  readonly solver: Solver;
  readonly steps: number;
  /** Accuracy of the mean of all samples' probabilities. */
  readonly averagedAccuracy: number;
}

/** A flow of an experiment, with its samples. */
export interface VariantResult<Figures extends StepFigures = StepFigures> {
  readonly variant: Variant;
  readonly training: VariantTraining;
  readonly samples: readonly Figures[];
}

/** The samples of a flow by Euler's method at a number of steps; undefined if not measured. */
export function eulerSamples<Figures extends StepFigures>(
  { samples }: Pick<VariantResult<Figures>, 'samples'>,
  steps: number,
): Figures | undefined {
  return samples.find((cell) => cell.solver === 'euler' && cell.steps === steps);
}

/** The numbers of steps at which flows are judged: few, and the most of all. */
export function headlineSteps(steps: readonly number[], few: number): readonly number[] {
  const most = Math.max(...steps);
  return steps.includes(few) && few < most ? [few, most] : [most];
}

/** `geometric, aligned-ot` */
export function variantName({ geometry, setting }: Variant): string {
  return `${geometry}, ${setting}`;
}
