import type { FlowGeometry } from '../../flow/geometry.js';
import type { Check } from '../results-page.js';
import { eulerSamples, type VariantResult } from './variant-result.js';

export interface FewSteps {
  /** Few and many Euler steps. */
  readonly steps: readonly number[];
  /** How close the accuracy with few must be to that with many, as a fraction. */
  readonly within: number;
}

/** Room for rounding where fractions are compared. */
export const ROUNDING = 1e-9;

/** Whether few Euler steps suffice for a geometry, in the setting that many make most accurate. */
export function fewStepsCheck(
  variants: readonly VariantResult[],
  geometry: FlowGeometry,
  { steps: [few = 1, most = 1], within }: FewSteps,
): Check {
  const settings = variants
    .filter(({ variant }) => variant.geometry === geometry)
    .flatMap((result) => {
      const [early, late] = [eulerSamples(result, few), eulerSamples(result, most)];
      if (early === undefined || late === undefined) return [];
      const [before, after] = [early.accuracy.mean, late.accuracy.mean];
      return [{ setting: result.variant.setting, accuracy: after, gap: after - before }];
    })
    .sort((a, b) => b.accuracy - a.accuracy);
  return {
    demand:
      `${geometry}, its most accurate setting: ${few} Euler steps at most ` +
      `${percent(within)} below ${most} steps`,
    found: settings.map(({ setting, gap }) => `${setting} ${percent(gap)} below`).join(', '),
    isMet: (settings[0]?.gap ?? Infinity) <= within + ROUNDING,
  };
}

/** `98.61 %` */
export function percent(rate: number): string {
  return `${(100 * rate).toFixed(2)} %`;
}
