import { describe, expect, it } from 'vitest';
import { loadKnownTask, recordedData } from '../../src/evaluation/known-task.js';
import { loadTask } from '../../src/zoo/prepared-task.js';
import { planZoo } from '../../src/zoo/zoo-plan.js';
import { zooRecipe } from '../../src/zoo/recipes.js';
import { csv, dataFile } from '../data/data-files.js';

const rows = Array.from({ length: 80 }, (_, i) => [i % 9, (i * 7) % 5, i % 2 === 0 ? 'no' : 'yes']);
const table = csv([['a', 'b', 'y'], ...rows]);

async function record(path: string) {
  const task = await loadTask({ data: path, target: 'y' }, { split: { seed: 3 } });
  const { header } = planZoo(task, zooRecipe(task), 'ort-cpu');
  // As a zoo file would give it back.
  const stored = JSON.parse(JSON.stringify(header)) as typeof header;
  return { task, recorded: recordedData(stored) };
}

describe('the data set that networks learnt from', () => {
  it('is read again from its file, which may have moved', async () => {
    const { task, recorded } = await record(await dataFile('own.csv', table));
    const again = await loadKnownTask(recorded, { data: await dataFile('moved.csv', table) });
    expect(again.features).toEqual(task.features);
    expect(again.split).toEqual(task.split);
  });

  it('is refused if it is not named, or is another', async () => {
    const path = await dataFile('own.csv', table);
    const { recorded } = await record(path);
    await expect(loadKnownTask(recorded, {})).rejects.toMatchObject({ code: 'data-missing' });
    await expect(loadKnownTask(recorded, {})).rejects.toThrow(/'own'.*'y'.*--data/);
    const changed = await dataFile('own.csv', table.replace('3,1,yes', '4,1,yes'));
    await expect(loadKnownTask(recorded, { data: changed })).rejects.toMatchObject({
      code: 'data-corrupt',
    });
  });

  it('takes no file if it is built in', async () => {
    const task = await loadTask('spirals');
    const { header } = planZoo(task, zooRecipe(task), 'ort-cpu');
    expect(header.data).not.toHaveProperty('descriptor');
    const recorded = recordedData(header);
    expect((await loadKnownTask(recorded, {})).sha256).toBe(task.sha256);
    await expect(loadKnownTask(recorded, { data: 'x.csv' })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});
