import { FLOW_GEOMETRIES, type FlowGeometry } from '../../flow/geometry.js';
import type { Check } from '../results-page.js';
import { fewStepsCheck, percent, ROUNDING } from '../thesis/few-steps.js';
import { eulerSamples, headlineSteps } from '../thesis/variant-result.js';
import type { SampleFigures } from './measure-variant.js';
import type { WdbcResults, ZooFigures } from './wdbc-experiment.js';

/** How much worse than the zoo's networks samples may be. */
const TOLERANCES = { accuracy: 0.005, worst: 0.02, crossEntropy: 0.02, ece: 0.02 } as const;
/** How close the accuracy with few Euler steps must be to that with the most steps. */
const FEW_STEPS = { steps: 8, within: 0.005 } as const;

/** The numbers of Euler steps at which flows are judged: few, and the most measured. */
export function judgedSteps({ variants }: WdbcResults): readonly number[] {
  const measured = variants.flatMap(({ samples }) => samples.map(({ steps }) => steps));
  return headlineSteps(measured, FEW_STEPS.steps);
}

/** The requirements that a flow's samples miss, in words; empty if none. */
export function shortfalls(figures: SampleFigures, { trained }: ZooFigures): readonly string[] {
  const { accuracy, crossEntropy, ece } = figures;
  const demands: readonly (readonly [isMet: boolean, words: string])[] = [
    [
      accuracy.mean >= trained.accuracy.mean - TOLERANCES.accuracy - ROUNDING,
      `accuracy ${percent(accuracy.mean)}`,
    ],
    [
      accuracy.min >= trained.accuracy.min - TOLERANCES.worst - ROUNDING,
      `worst ${percent(accuracy.min)}`,
    ],
    [
      crossEntropy.mean <= trained.crossEntropy.mean + TOLERANCES.crossEntropy,
      `cross-entropy ${crossEntropy.mean.toFixed(4)}`,
    ],
    [ece.mean <= trained.ece.mean + TOLERANCES.ece, `ECE ${ece.mean.toFixed(4)}`],
  ];
  return demands.filter(([isMet]) => !isMet).map(([, words]) => words);
}

/**
 * Per number of steps and geometry: whether the samples of a setting are as good as the zoo; and
 * whether few Euler steps suffice for the Geometric flow.
 */
export function wdbcChecks(results: WdbcResults): readonly Check[] {
  const steps = judgedSteps(results);
  return [
    ...steps.flatMap((count) =>
      FLOW_GEOMETRIES.map((geometry) => asGoodAsZoo(results, geometry, count)),
    ),
    ...(steps.length > 1
      ? [fewStepsCheck(results.variants, 'geometric', { steps, within: FEW_STEPS.within })]
      : []),
  ];
}

function asGoodAsZoo({ variants, zoo }: WdbcResults, geometry: FlowGeometry, steps: number): Check {
  const { accuracy, crossEntropy, ece } = zoo.trained;
  const judged = variants
    .filter(({ variant }) => variant.geometry === geometry)
    .flatMap((result) => {
      const figures = eulerSamples(result, steps);
      return figures === undefined
        ? []
        : [{ setting: result.variant.setting, missing: shortfalls(figures, zoo) }];
    });
  const met = judged.filter(({ missing }) => missing.length === 0);
  return {
    demand:
      `${geometry}, ${steps} Euler steps: ` +
      `accuracy ≥ ${percent(accuracy.mean - TOLERANCES.accuracy)}, ` +
      `worst ≥ ${percent(accuracy.min - TOLERANCES.worst)}, ` +
      `cross-entropy ≤ ${(crossEntropy.mean + TOLERANCES.crossEntropy).toFixed(4)}, ` +
      `ECE ≤ ${(ece.mean + TOLERANCES.ece).toFixed(4)}`,
    found:
      met.length > 0
        ? `by ${met.map(({ setting }) => setting).join(', ')}`
        : judged.map(({ setting, missing }) => `${setting}: ${missing.join(', ')}`).join('; '),
    isMet: met.length > 0,
  };
}
