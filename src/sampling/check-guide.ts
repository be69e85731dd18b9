import { ensure } from '../errors.js';
import type { FlowSummary } from '../flows/flow-summary.js';
import type { Guide } from '../flows/guide.js';

/** Beyond it, a gradient of any size throws every network away. */
export const MAX_STRENGTH = 1e6;
/** Most gradients of a step: the graph of a step holds each. */
export const MAX_GRADIENTS = 16;
/** Most rows of a step. */
export const MAX_ROWS_PER_STEP = 8192;

/**
 * Checks that rows can guide the networks of a flow.
 *
 * @throws WeightspringError `invalid-argument`, naming the field, and row and column
 */
export function checkGuide(
  { name, inputs, outputs, featureNames, classNames }: FlowSummary,
  { data: { features, labels }, form, strength, gradients, rowsPerStep }: Guide,
): void {
  ensure(
    strength >= 0 && strength <= MAX_STRENGTH,
    'invalid-argument',
    () => `expected a strength of guidance from 0 to ${MAX_STRENGTH}, got ${strength}`,
    'guide.strength',
  );
  const most = form === 'descent' ? MAX_GRADIENTS : 1;
  ensure(
    Number.isInteger(gradients) && gradients >= 1 && gradients <= most,
    'invalid-argument',
    () =>
      `a step of the form ${form} takes ${most === 1 ? 'one gradient' : `1 to ${most} gradients`}, ` +
      `got ${gradients}${most === 1 ? ': several are for the form descent' : ''}`,
    'guide.gradients',
  );
  ensure(
    Number.isInteger(rowsPerStep) && rowsPerStep >= 1 && rowsPerStep <= MAX_ROWS_PER_STEP,
    'invalid-argument',
    () => `expected 1 to ${MAX_ROWS_PER_STEP} rows per step, got ${rowsPerStep}`,
    'guide.rowsPerStep',
  );
  ensure(
    labels.length > 0 && features.length === labels.length * inputs,
    'invalid-argument',
    () =>
      `flow ${name} is guided by rows of ${inputs} features, got ${features.length} numbers for ` +
      `${labels.length} labels`,
    'guide.rows',
  );
  const wrong = labels.findIndex((label) => label >= outputs);
  ensure(
    wrong < 0,
    'invalid-argument',
    () =>
      `row ${wrong + 1}: expected one of the ${outputs} classes ${classNames.join(', ')}, got ` +
      `class number ${labels[wrong] ?? NaN}`,
    'guide.labels',
  );
  const unsound = features.findIndex((value) => !Number.isFinite(value));
  ensure(
    unsound < 0,
    'invalid-argument',
    () =>
      `row ${Math.floor(unsound / inputs) + 1}, column '${featureNames[unsound % inputs] ?? ''}': ` +
      `expected a finite number, got ${features[unsound] ?? NaN}`,
    'guide.rows',
  );
}
