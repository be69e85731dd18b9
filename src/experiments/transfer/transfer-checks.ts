import type { Check } from '../results-page.js';
import type { TransferCase } from './transfer-experiment.js';

/** What guided networks have to reach, in so many steps. */
const BAR = 0.8;
const MOST_STEPS = 64;

/** Whether guidance carries a flow to another task in few steps. */
export function transferChecks(cases: readonly TransferCase[]): readonly Check[] {
  return cases.map(({ from, to, architecture, guided }) => {
    const few = guided.filter(({ steps }) => steps <= MOST_STEPS);
    const best = few.reduce<(typeof few)[number] | undefined>(
      (top, next) => (top === undefined || next.accuracy > top.accuracy ? next : top),
      undefined,
    );
    return {
      demand:
        `${to} from networks of ${from}, ${architecture}: at least ${BAR.toFixed(2)} in at most ` +
        `${MOST_STEPS} steps`,
      found:
        best === undefined
          ? 'not measured'
          : `${best.accuracy.toFixed(4)} in ${best.steps} steps, ${best.way}`,
      isMet: (best?.accuracy ?? 0) >= BAR,
    };
  });
}
