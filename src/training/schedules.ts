/** How the learning rate moves over a run, as configuration files and zoo headers record it. */
export type Schedule =
  | { readonly kind: 'constant' }
  | {
      readonly kind: 'cosine';
      /** Where it ends, as a fraction of the peak. Default 0. */
      readonly finalFraction?: number;
    }
  | {
      readonly kind: 'one-cycle';
      /** Part of the run that rises to the peak. Default 0.3. */
      readonly warmupFraction?: number;
      /** Where it starts, as a fraction of the peak. Default 1/25. */
      readonly initialFraction?: number;
      /** Where it ends, as a fraction of the peak. Default 4e-6. */
      readonly finalFraction?: number;
    };

/**
 * The learning rate of one step: a pure function, so a resumed run needs no state for it.
 *
 * `one-cycle` rises from `initialFraction·peak` at step 0 to `peak` and falls to
 * `finalFraction·peak` at the last step, both along half a cosine; its defaults are those of
 * PyTorch's `OneCycleLR`. `cosine` falls from `peak` at step 0.
 *
 * @param peak - the largest learning rate
 * @param step - from 0 to totalSteps − 1; later steps keep the last value
 * @see Smith & Topin 2019, "Super-Convergence"; Loshchilov & Hutter 2017, "SGDR"
 */
export function learningRateAt(
  schedule: Schedule,
  peak: number,
  step: number,
  totalSteps: number,
): number {
  const lastStep = Math.max(totalSteps - 1, 1);
  switch (schedule.kind) {
    case 'constant':
      return peak;
    case 'cosine':
      return cosineBetween(peak, peak * (schedule.finalFraction ?? 0), step / lastStep);
    case 'one-cycle': {
      const { warmupFraction = 0.3, initialFraction = 1 / 25, finalFraction = 4e-6 } = schedule;
      const topStep = Math.max(warmupFraction * totalSteps - 1, 0);
      return step < topStep
        ? cosineBetween(peak * initialFraction, peak, step / topStep)
        : cosineBetween(peak, peak * finalFraction, (step - topStep) / (lastStep - topStep));
    }
  }
}

/** Half a cosine from `start` (progress ≤ 0) to `end` (progress ≥ 1). */
function cosineBetween(start: number, end: number, progress: number): number {
  const clamped = Math.min(Math.max(progress, 0), 1);
  return end + ((start - end) / 2) * (1 + Math.cos(Math.PI * clamped));
}
