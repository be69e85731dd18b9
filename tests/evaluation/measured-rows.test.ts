import { describe, expect, it } from 'vitest';
import { spirals } from '../../src/data/spirals.js';
import { measureNetwork } from '../../src/evaluation/measure-network.js';
import { MANY_ROWS, measuredErrors, measuredRows } from '../../src/evaluation/measured-rows.js';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { Random } from '../../src/random.js';
import { evaluateNetworks } from '../../src/zoo/evaluate-networks.js';
import { prepareTask, taskMetrics } from '../../src/zoo/prepared-task.js';

const ARCH = architecture([2, 4, 2]);
const weights = new Random(3).normals(networkOf(ARCH).parameters);

describe.each([
  ['few', 60],
  ['many', MANY_ROWS / 2 + 50],
])('a data set of %s rows', (size, rowsPerClass) => {
  const task = prepareTask(spirals({ rowsPerClass }));
  const [logits] = evaluateNetworks(ARCH, [weights], task.features);
  const whole = taskMetrics(task, logits!);

  it('is measured as on all rows, and errs on those of them that count', async () => {
    const { test, errors } = await measureNetwork(ARCH, weights, task);
    expect(test).toEqual(whole.test);
    expect(errors).toEqual(measuredErrors(whole.errors, task));
  });

  it('counts rows that nothing was trained on, and all where there are few', () => {
    const { rows, test } = measuredRows(task);
    const { train, validation } = task.split;
    const expected = [...(size === 'few' ? train : []), ...validation, ...task.split.test];
    expect([...rows]).toEqual(expected.sort((a, b) => a - b));
    expect(test.map((place) => rows[place]!)).toEqual(task.split.test);
  });
});
