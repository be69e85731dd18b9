import { describe, expect, it } from 'vitest';
import { spirals } from '../../src/data/spirals.js';
import { errorCount } from '../../src/zoo/error-set.js';
import { loadTask, PARTS, prepareTask, taskMetrics } from '../../src/zoo/prepared-task.js';

describe('prepareTask', () => {
  it('standardises all rows by the training part', () => {
    const task = prepareTask(spirals(), { seed: 2 });
    expect(task.splitOptions).toEqual({ seed: 2, validationFraction: 0.1, testFraction: 0.3 });
    let sum = 0;
    for (const row of task.split.train) sum += task.features[2 * row]!;
    expect(sum / task.split.train.length).toBeCloseTo(0, 5);
    expect(task.features.length).toBe(2 * task.labels.length);
  });

  it('refuses a split with an empty part', () => {
    expect(() => prepareTask(spirals(), { validationFraction: 0 })).toThrow(
      /validation part of 'spirals' has no rows/,
    );
  });
});

describe('taskMetrics', () => {
  it('measures each part on its own rows and collects errors over all', () => {
    const task = prepareTask(spirals());
    const wrong = new Set([task.split.test[0]!, task.split.test[5]!, task.split.validation[1]!]);
    const logits = new Float64Array(2 * task.labels.length);
    task.labels.forEach((label, row) => {
      logits[2 * row + (wrong.has(row) ? 1 - label : label)] = 50;
    });
    const metrics = taskMetrics(task, logits);
    const errors = PARTS.map((part) =>
      Math.round((1 - metrics[part].accuracy) * task.split[part].length),
    );
    expect(errors).toEqual([0, 1, 2]);
    expect(metrics.train.crossEntropy).toBeCloseTo(0, 12);
    expect(metrics.test.crossEntropy).toBeCloseTo((2 * 50) / task.split.test.length, 6);
    expect(errorCount(metrics.errors)).toBe(3);
    for (const row of wrong) expect(metrics.errors[row >> 3]! & (1 << (row & 7))).not.toBe(0);
  });
});

describe('loadTask', () => {
  it('stops between its steps', async () => {
    await expect(loadTask('spirals', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
