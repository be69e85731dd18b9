import type { Prediction } from '../../flow/prediction.js';
import { THESIS_NOISE, type Noise } from './noise.js';

/** Names of the kinds of noise on the page. */
export const NOISE_LABELS: Readonly<Record<Noise, string>> = {
  none: 'ε = 0',
  thesis: `ε = ${THESIS_NOISE}`,
  solver: 'ε(Δt)',
  calibrated: 'calibrated ε',
};

/** The noise that we recommend for a field. */
export const RECOMMENDED_NOISE: Readonly<Record<Prediction, Noise>> = {
  endpoint: 'solver',
  velocity: 'calibrated',
};
