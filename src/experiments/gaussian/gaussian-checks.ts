import type { Check } from '../results-page.js';
import type { GaussianFlow, GaussianResults } from './gaussian-experiment.js';
import { NOISE_LABELS, RECOMMENDED_NOISE } from './noise-labels.js';

/** How close to 1 the variance must be, and from how many steps on. */
const VARIANCE_WITHIN = 0.05;
const JUDGED_FROM = 8;
/** Solver code compared with the closed form: rounding only. */
const ROUNDING = 1e-9;
/** In nats, over all coordinates together: float32 rounding and the solver's error. */
const DENSITY_WITHIN = 1e-3;

/** Requirements on the samplers and the recommended noise. */
export function gaussianChecks({ exact, density, flows }: GaussianResults): readonly Check[] {
  const largest = Math.max(
    ...exact.map(({ noises, closedForm }) => Math.abs((noises.none?.variance ?? NaN) - closedForm)),
  );
  return [
    {
      demand:
        'exact field: every solver has the variance of the closed form at every number of steps',
      found: `largest difference ${largest.toExponential(1)}`,
      isMet: largest < ROUNDING,
    },
    {
      demand: `exact field: log-likelihood within ${DENSITY_WITHIN} nats of the exact density`,
      found: `largest difference ${density.largest.toExponential(1)}`,
      isMet: density.largest <= DENSITY_WITHIN,
    },
    ...flows.map(restoredVariance),
  ];
}

function restoredVariance({ prediction, rows }: GaussianFlow): Check {
  const noise = RECOMMENDED_NOISE[prediction];
  const errors = rows
    .filter(({ steps }) => steps >= JUDGED_FROM)
    .flatMap(({ noises }) => noises[noise] ?? [])
    .map(({ variance }) => Math.abs(variance - 1));
  const worst = Math.max(0, ...errors);
  return {
    demand:
      `${prediction} prediction with ${NOISE_LABELS[noise]}: variance within ` +
      `${100 * VARIANCE_WITHIN} % of the target's for every solver from ${JUDGED_FROM} steps on`,
    found: `largest error ${(100 * worst).toFixed(2)} % in ${errors.length} rows`,
    isMet: errors.length > 0 && worst <= VARIANCE_WITHIN,
  };
}
