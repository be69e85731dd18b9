import type { Judgement } from '../flows/flow-figures.js';
import { accuracyOn, type ErrorSet } from '../zoo/error-set.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import { mean } from './population-metrics.js';

/** Skill below which a network counts as broken. */
const BROKEN_BELOW = 0.5;

/**
 * Judges generated networks beside trained ones of their architecture, on the validation part: what
 * a flow serves is not to be chosen on the rows that its figures are reported on.
 *
 * @param generated - the rows that each generated network gets wrong, at least one network
 * @param trained - the same of trained ones
 * @returns null without trained networks, or where these are no better than the guess
 * @see docs/decisions/0018-what-a-flow-serves.md
 */
export function judge(
  generated: readonly ErrorSet[],
  trained: readonly ErrorSet[],
  { labels, split }: Pick<PreparedTask, 'labels' | 'split'>,
): Judgement | null {
  const rows = split.validation;
  const guessing = commonestClass(rows, labels) / rows.length;
  const accuracy = mean(trained.map((errors) => accuracyOn(rows, errors)));
  if (!(accuracy > guessing)) return null;
  const skills = generated.map(
    (errors) => (accuracyOn(rows, errors) - guessing) / (accuracy - guessing),
  );
  return {
    rows: rows.length,
    guessing,
    trained: { runs: trained.length, accuracy },
    skill: mean(skills),
    broken: skills.filter((skill) => skill < BROKEN_BELOW).length / skills.length,
  };
}

/** Rows of the class that most are of. */
function commonestClass(rows: Int32Array, labels: Uint8Array): number {
  const counts = new Map<number, number>();
  for (const row of rows) {
    const label = labels[row] as number;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}
