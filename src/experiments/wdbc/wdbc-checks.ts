import { FLOW_GEOMETRIES } from '../../flow/geometry.js';
import type { Check } from '../results-page.js';
import type { SampleFigures } from './measure-variant.js';
import type { VariantResult, WdbcResults, ZooFigures } from './wdbc-experiment.js';

/** How far samples may be behind the zoo's networks. */
const TOLERANCES = { accuracy: 0.005, worst: 0.02, crossEntropy: 0.02, ece: 0.02 } as const;
/** How near to its accuracy at the largest step count few Euler steps must come. */
const FEW_STEPS = { steps: 8, within: 0.005 } as const;
const ROUNDING = 1e-9;

/** The samples of a flow by Euler's method at a number of steps; undefined where not measured. */
export function eulerSamples({ samples }: VariantResult, steps: number): SampleFigures | undefined {
  return samples.find((cell) => cell.solver === 'euler' && cell.steps === steps);
}

/** The largest number of steps that was measured: that of the main table. */
export function mostSteps({ variants }: WdbcResults): number {
  return Math.max(...variants.flatMap(({ samples }) => samples.map(({ steps }) => steps)));
}

/** The demands of a flow's samples that are not met, in words; none when all are. */
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
 * Per geometry: whether its best setting is as good as the zoo, and for the Geometric flow whether
 * few Euler steps suffice.
 */
export function wdbcChecks(results: WdbcResults): readonly Check[] {
  const steps = mostSteps(results);
  const { accuracy, crossEntropy, ece } = results.zoo.trained;
  const asGood = FLOW_GEOMETRIES.map((geometry): Check => {
    const judged = results.variants
      .filter(({ variant }) => variant.geometry === geometry)
      .flatMap((result) => {
        const figures = eulerSamples(result, steps);
        return figures === undefined
          ? []
          : [{ setting: result.variant.setting, missing: shortfalls(figures, results.zoo) }];
      });
    const met = judged.filter(({ missing }) => missing.length === 0);
    return {
      demand:
        `${geometry}: accuracy ≥ ${percent(accuracy.mean - TOLERANCES.accuracy)}, ` +
        `worst ≥ ${percent(accuracy.min - TOLERANCES.worst)}, ` +
        `cross-entropy ≤ ${(crossEntropy.mean + TOLERANCES.crossEntropy).toFixed(4)}, ` +
        `ECE ≤ ${(ece.mean + TOLERANCES.ece).toFixed(4)}`,
      found:
        met.length > 0
          ? `in the settings ${met.map(({ setting }) => setting).join(', ')}`
          : judged.map(({ setting, missing }) => `${setting}: ${missing.join(', ')}`).join('; '),
      isMet: met.length > 0,
    };
  });
  return [...asGood, fewSteps(results)];
}

function fewSteps(results: WdbcResults): Check {
  const most = mostSteps(results);
  const gaps = results.variants
    .filter(({ variant }) => variant.geometry === 'geometric')
    .flatMap((result) => {
      const [few, many] = [eulerSamples(result, FEW_STEPS.steps), eulerSamples(result, most)];
      return few === undefined || many === undefined
        ? []
        : [
            {
              setting: result.variant.setting,
              gap: many.accuracy.mean - few.accuracy.mean,
            },
          ];
    });
  return {
    demand:
      `geometric: ${FEW_STEPS.steps} Euler steps within ${percent(FEW_STEPS.within)} of the ` +
      `accuracy at ${most}`,
    found: gaps.map(({ setting, gap }) => `${setting} ${percent(gap)} below`).join(', '),
    isMet: gaps.some(({ gap }) => gap <= FEW_STEPS.within + ROUNDING),
  };
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(2)} %`;
}
