import type { Column, Table } from '../../files/table.js';
import { lineChart } from '../../plots/index.js';
import {
  formatPage,
  heading,
  paragraph,
  tableBlock,
  type Block,
  type ResultFiles,
} from '../results-page.js';
import type { InitBudget } from './budget.js';
import { initChecks } from './init-checks.js';
import { meanCurve, type InitCase, type InitResults } from './init-experiment.js';
import { barOf, updatesTo } from './init-readings.js';
import type { StartKind } from './starts.js';

export interface InitPageOptions {
  readonly results: InitResults;
  readonly budget: InitBudget;
  /** The command that produced the results. */
  readonly command: string;
}

const NAMES: Readonly<Record<StartKind, string>> = {
  default: "PyTorch's default",
  he: 'He',
  xavier: 'Xavier',
  gaussian: 'Gaussian, moments of trained networks',
  soup: 'soup of trained networks',
  trained: 'trained',
  'trained-fresh-output': 'trained, new output layer',
  sampled: '**sampled**',
  'sampled-fresh-output': 'sampled, new output layer',
  'sampled-canonical': 'sampled, not balanced',
};

/** `init.md` and its charts. */
export function initFiles({ results, budget, command }: InitPageOptions): ResultFiles {
  const { cases } = results;
  const page = formatPage({
    title: 'Sampled networks as starts of a training',
    blocks: [
      paragraph(introduction(results, budget)),
      { kind: 'command', text: command },
      { kind: 'checks', checks: initChecks(results) },
      ...cases.flatMap((each): Block[] => [
        heading(titleOf(each)),
        paragraph(
          `The bar is ${barOf(each).toFixed(4)}, what the best random start ` +
            `(${NAMES[each.best]}) ends with after ${each.updates.at(-1)} updates.`,
        ),
        tableBlock(caseTable(each)),
        {
          kind: 'figure',
          file: chartName(each),
          caption: `Accuracy against updates, ${titleOf(each)}`,
        },
      ]),
    ],
  });
  return new Map([
    ['init.md', page],
    ...cases.map((each) => [chartName(each), caseChart(each)] as const),
  ]);
}

function introduction({ flow, task, steps }: InitResults, budget: InitBudget): string {
  const { runs, epochs, batchSize, soup, validationRows } = budget;
  return (
    `${runs} networks are trained from every kind of start for ${epochs} ` +
    `${epochs === 1 ? 'epoch' : 'epochs'} of minibatches of ${batchSize} rows, at a constant rate; ` +
    'run by run, all starts see the same minibatches. _Sampled_ starts are drawn from the flow ' +
    `\`${flow}\` over networks of ${task} in ${steps} steps, and were never trained. _Trained_ ones ` +
    `are final networks of its zoo, the _soup_ is the mean of ${soup} of them, aligned, and the ` +
    '_Gaussian_ has independent weights with their means and variances, tensor by tensor (of ' +
    'networks with the same layers, scaled by the root of the fan-in, where the zoo has none of the ' +
    'architecture). Kinds that need more trained networks of an architecture than the flow keeps have ' +
    'no row. All of these are _balanced_: neurons are rescaled, which does not change the ' +
    'function, until what comes in and what goes out of each has one norm; flows write networks ' +
    'whose neurons have norm 1 and whose last layer has the scale, with steep and flat directions ' +
    'side by side. _New output layer_: the last layer starts at random. Of the rates tried, every ' +
    `start has its best by ${validationRows} validation rows: random ones the rate that ends best, ` +
    'the others the one that is soonest as good as the best random start ends. All figures are of ' +
    'the test part, means over the networks; _updates to the bar_ are those after which the mean ' +
    'reaches what the best random start ends with, in brackets the range over the networks, – where ' +
    'it is not reached. Measured after the updates that the charts mark.'
  );
}

function caseTable(each: InitCase): Table {
  const { updates, curves } = each;
  const bar = barOf(each);
  const total = updates.at(-1) ?? 0;
  const shown = [0, 0.01, 0.1, 0.4, 1].map((part) => lastWithin(updates, part * total));
  const columns = [...new Set(shown)];
  const rate = (header: string): Column => ({ header, format: (value) => value.toFixed(4) });
  return {
    columns: [
      { header: 'start' },
      { header: 'rate', format: String },
      ...columns.map((index) => rate(`after ${updates[index]}`)),
      { header: 'updates to the bar' },
      { header: 'of all', format: (part) => `${(100 * part).toFixed(0)} %` },
    ],
    rows: curves.map((curve) => {
      const means = meanCurve(curve);
      const reached = updatesTo(bar, means, updates);
      return [
        NAMES[curve.start],
        curve.learningRate,
        ...columns.map((index) => means[index] ?? null),
        reached === null ? null : `${reached} ${rangeText(each, curve.test)}`,
        reached === null ? null : reached / total,
      ];
    }),
  };
}

/** `(3 to 8)`; networks that do not reach the bar count as `never`. */
function rangeText(each: InitCase, test: readonly (readonly number[])[]): string {
  const { updates } = each;
  const bar = barOf(each);
  const runs = test[0]?.length ?? 0;
  const reached = Array.from({ length: runs }, (_, run) =>
    updatesTo(
      bar,
      test.map((accuracies) => accuracies[run] ?? NaN),
      updates,
    ),
  ).map((value) => value ?? Infinity);
  const [least, most] = [Math.min(...reached), Math.max(...reached)];
  const text = (value: number): string => (Number.isFinite(value) ? String(value) : 'never');
  return `(${text(least)} to ${text(most)})`;
}

function caseChart(each: InitCase): string {
  const { updates, curves } = each;
  return lineChart({
    title: `Accuracy against updates, ${titleOf(each)}`,
    xLabel: 'updates + 1',
    yLabel: 'mean test accuracy',
    logX: true,
    series: curves.map((curve) => ({
      name: NAMES[curve.start].replaceAll('*', ''),
      points: meanCurve(curve).map((value, index) => [(updates[index] ?? 0) + 1, value]),
    })),
  });
}

/** Index of the last value that is not above a bound. */
function lastWithin(values: readonly number[], bound: number): number {
  return values.reduce((best, value, index) => (value <= bound ? index : best), 0);
}

function titleOf({ task, architecture, isInZoo, optimizer }: InitCase): string {
  return `${task}, ${architecture}${isInZoo ? '' : ' (not in the zoo)'}, ${optimizer}`;
}

function chartName({ task, architecture, optimizer }: InitCase): string {
  return `init-${task}-${architecture}-${optimizer.toLowerCase()}.svg`;
}
