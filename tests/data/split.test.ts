import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load-dataset.js';
import { splitDataset, type Split } from '../../src/data/split.js';
import { missingData, needs } from '../support/needs.js';

const sizes = ({ train, validation, test }: Split): number[] => [
  train.length,
  validation.length,
  test.length,
];

function labelled(...perClass: readonly number[]): { labels: Uint8Array; classNames: string[] } {
  return {
    labels: Uint8Array.from(
      perClass.flatMap((count, label) => new Array<number>(count).fill(label)),
    ),
    classNames: perClass.map(String),
  };
}

describe('splitDataset', () => {
  const table = { ...labelled(100, 50, 10), testStart: null };

  it('takes 60, 10 and 30 % of every class, each row once', () => {
    const split = splitDataset(table);
    expect(sizes(split)).toEqual([96, 16, 48]);
    for (const part of [split.train, split.validation, split.test]) {
      const fractions = [100, 50, 10].map(
        (count, label) => part.filter((row) => table.labels[row] === label).length / count,
      );
      expect(Math.max(...fractions) - Math.min(...fractions)).toBeLessThan(0.01);
      expect([...part]).toEqual([...part].sort((a, b) => a - b));
    }
    const all = [...split.train, ...split.validation, ...split.test].sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 160 }, (_, row) => row));
  });

  it('depends on the seed alone', () => {
    expect(splitDataset(table, { seed: 3 })).toEqual(splitDataset(table, { seed: 3 }));
    expect(splitDataset(table, { seed: 4 }).test).not.toEqual(
      splitDataset(table, { seed: 3 }).test,
    );
  });

  it("keeps the publisher's test set", () => {
    const split = splitDataset({ ...labelled(80, 40), testStart: 100 });
    expect([...split.test]).toEqual(Array.from({ length: 20 }, (_, i) => 100 + i));
    expect(sizes(split)).toEqual([90, 10, 20]);
  });

  it('refuses fractions that leave nothing to train on', () => {
    expect(() => splitDataset(table, { testFraction: 0.95 })).toThrow(/got 0.1 and 0.95/);
    expect(() => splitDataset(table, { validationFraction: NaN })).toThrow(/at least 0/);
  });

  it('splits WDBC into 341, 57 and 171 rows', needs(missingData('uci/wdbc.csv')), async () => {
    expect(sizes(splitDataset(await loadDataset('wdbc')))).toEqual([341, 57, 171]);
  });
});
