import type { FlowGeometry } from '../../flow/geometry.js';
import type { Check } from '../results-page.js';
import { fewStepsCheck, percent, ROUNDING } from '../thesis/few-steps.js';
import { ofGeometry } from '../thesis/step-charts.js';
import { eulerSamples, headlineSteps } from '../thesis/variant-result.js';
import { THESIS_MNIST_WIDE } from '../thesis-figures.js';
import type { MnistResults } from './mnist-experiment.js';
import { FEW_STEPS } from './mnist-recipe.js';

/** Mean accuracy that flows without a bound relative to the trained networks must have. */
const ACCURATE = 0.9;
/** How much less accurate than trained networks samples of the Geometric flow may be. */
const SHORTFALL = 0.003;
/** How close the accuracy with few Euler steps must be to that with the most steps. */
const WITHIN = 0.005;

/** The numbers of Euler steps at which flows are judged. */
export function judgedSteps({ variants }: MnistResults): readonly number[] {
  const measured = variants.flatMap(({ samples }) => samples.map(({ steps }) => steps));
  return headlineSteps(measured, FEW_STEPS);
}

/**
 * Whether a setting of each geometry is accurate in few steps, whether more steps would help, and
 * whether the Geometric flow makes wider networks that are as good as the thesis's.
 */
export function mnistChecks(results: MnistResults): readonly Check[] {
  const steps = judgedSteps(results);
  const [few = 1] = steps;
  const { mean: trained } = results.zoo.trained.accuracy;
  return [
    accurate(results, 'euclidean', few, ACCURATE),
    accurate(results, 'normalized', few, ACCURATE),
    accurate(results, 'geometric', few, trained - SHORTFALL),
    ...(steps.length > 1
      ? (['euclidean', 'normalized', 'geometric'] as const).map((geometry) =>
          fewStepsCheck(results.variants, geometry, { steps, within: WITHIN }),
        )
      : []),
    wide(results, few),
  ];
}

function accurate(
  { variants }: MnistResults,
  geometry: FlowGeometry,
  steps: number,
  bar: number,
): Check {
  const found = ofGeometry(variants, geometry).flatMap((result) => {
    const accuracy = eulerSamples(result, steps)?.accuracy.mean;
    return accuracy === undefined ? [] : [{ setting: result.variant.setting, accuracy }];
  });
  return {
    demand: `${geometry}, ${steps} Euler steps: mean accuracy ≥ ${percent(bar)} in a setting`,
    found: found.map(({ setting, accuracy }) => `${setting} ${percent(accuracy)}`).join(', '),
    isMet: found.some(({ accuracy }) => accuracy >= bar - ROUNDING),
  };
}

function wide({ variants }: MnistResults, steps: number): Check {
  const bar = THESIS_MNIST_WIDE.geometric.accuracy;
  const found = ofGeometry(variants, 'geometric')
    .flatMap((result) => result.wide ?? [])
    .find((cell) => cell.steps === steps)?.accuracy.mean;
  return {
    demand: `geometric, 784-32-10 in ${steps} Euler steps: mean accuracy ≥ ${percent(bar)}, the thesis's`,
    found: found === undefined ? 'not measured' : percent(found),
    isMet: found !== undefined && found >= bar - ROUNDING,
  };
}
