import type { Check } from '../results-page.js';
import { meanCurve, type InitCase, type InitResults } from './init-experiment.js';
import { barOf, updatesTo } from './init-readings.js';

/** Part of the updates of a random start that a sampled one may take. */
const OWN_TASK = 0.1;
const OTHER_TASK = 0.4;

/** Whether sampled starts are soon as good as random ones end, in every case. */
export function initChecks({ task, cases }: InitResults): readonly Check[] {
  return cases.map((each) => check(each, each.task === task ? OWN_TASK : OTHER_TASK));
}

function check(each: InitCase, part: number): Check {
  const { task, architecture, optimizer, updates, curves } = each;
  const curve = curves.find(({ start }) => start === 'sampled');
  const reached = curve && updatesTo(barOf(each), meanCurve(curve), updates);
  const total = updates.at(-1) ?? 0;
  return {
    demand:
      `${task}, ${architecture}, ${optimizer}: a sampled start is as good as the best random one ` +
      `ends in at most ${Math.round(100 * part)} % of its ${total} updates`,
    found: typeof reached === 'number' ? `${reached} updates` : 'not reached',
    isMet: typeof reached === 'number' && reached <= part * total,
  };
}
