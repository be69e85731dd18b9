import { architectureKey } from '../network/architecture.js';
import type { Table } from '../files/table.js';
import type { Zoo } from '../zoo/zoo.js';
import { printResult } from './output.js';

/**
 * What a zoo holds, as a table or JSON.
 *
 * @param out - the file that it was written to, if it was
 */
export function reportZoo(zoo: Zoo, asJson: boolean, out?: string): void {
  const rows = zoo.architectures.map((arch, index) => {
    const finals = zoo.finalsOf(index);
    const test = finals.map((final) => final.test);
    const mean = (pick: (metrics: (typeof test)[number]) => number): number =>
      test.reduce((sum, metrics) => sum + pick(metrics), 0) / test.length;
    return {
      architecture: arch,
      runs: finals.length,
      networks: zoo.networksOf(index).length,
      accuracy: mean((metrics) => metrics.accuracy),
      worst: Math.min(...test.map((metrics) => metrics.accuracy)),
      crossEntropy: mean((metrics) => metrics.crossEntropy),
      ece: mean((metrics) => metrics.ece),
    };
  });
  printResult(
    { ...zoo.header, architectures: rows },
    asJson,
    (): Table => ({
      columns: [
        'architecture',
        'runs',
        'networks',
        'accuracy',
        'worst',
        'cross-entropy',
        'ECE',
      ].map((header) => ({ header })),
      rows: rows.map((row) => [
        architectureKey(row.architecture),
        row.runs,
        row.networks,
        row.accuracy,
        row.worst,
        row.crossEntropy,
        row.ece,
      ]),
    }),
    out,
  );
}
