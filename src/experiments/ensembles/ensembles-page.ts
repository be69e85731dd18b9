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
import type { EnsemblesBudget } from './budget.js';
import type { EnsemblePoint } from './ensemble-figures.js';
import { ensemblesChecks } from './ensembles-checks.js';
import {
  secondsOf,
  type EnsembleContender,
  type EnsemblesResults,
} from './ensembles-experiment.js';

export interface EnsemblesPageOptions {
  readonly results: EnsemblesResults;
  readonly budget: EnsemblesBudget;
  /** The command that produced the results. */
  readonly command: string;
}

const LOSS_CHART = 'ensembles-cross-entropy.svg';
const TIME_CHART = 'ensembles-time.svg';

/** `ensembles.md` and its charts. */
export function ensemblesFiles({ results, budget, command }: EnsemblesPageOptions): ResultFiles {
  const page = formatPage({
    title: 'Ensembles of sampled networks',
    blocks: [
      paragraph(introduction(results, budget)),
      { kind: 'command', text: command },
      { kind: 'checks', checks: ensemblesChecks(results) },
      ...contenders(results).flatMap(({ name, contender }): Block[] => [
        heading(name),
        tableBlock(curveTable(contender)),
      ]),
      heading('For count and for time'),
      { kind: 'figure', file: LOSS_CHART, caption: 'Cross-entropy against members' },
      { kind: 'figure', file: TIME_CHART, caption: 'Cross-entropy against the time to make them' },
    ],
  });
  return new Map([
    ['ensembles.md', page],
    [LOSS_CHART, chart(results, 'members', ({ members }) => members)],
    [TIME_CHART, chart(results, 'seconds to make the members', secondsOf)],
  ]);
}

function introduction(results: EnsemblesResults, budget: EnsemblesBudget): string {
  const { flow, task, architecture, steps, training, foreign } = results;
  const other =
    foreign === null
      ? ''
      : ` _Foreign_: the area under the ROC curve by which entropy, or mutual information, tells ` +
        `${foreign}, standardised like ${task}, from the test part.`;
  return (
    `Networks ${architecture}: \`${flow}\` draws them in ${steps} steps; _trained_ ones are trained ` +
    `as its zoo was, ${training.epochs} epochs, from starts that the flow has not seen; ` +
    '_Monte-Carlo dropout_ is one network, trained as long with dropout, asked as often as an ' +
    'ensemble has members, at the rate of ' +
    `${budget.dropoutRates.join(', ')} that has the least cross-entropy on the validation part. An ` +
    "ensemble's answer is the mean of its members' probabilities. All figures are of the test part, " +
    `means over the disjoint ensembles that ${budget.members} members make. _Errors_: the area under ` +
    'the ROC curve by which the entropy of the answer tells wrong ones from right ones.' +
    `${other} _Seconds_: to sample the members in one batch, or to train them ${budget.timed} side ` +
    'by side, on the machine of the run; ratios count, not the numbers.'
  );
}

function contenders(results: EnsemblesResults): readonly {
  readonly name: string;
  readonly contender: EnsembleContender;
}[] {
  return [
    { name: 'Sampled', contender: results.sampled },
    { name: 'Trained', contender: results.trained },
    {
      name: `Monte-Carlo dropout, rate ${results.dropout.rate}`,
      contender: results.dropout,
    },
  ];
}

function curveTable(contender: EnsembleContender): Table {
  const rate = (header: string): Column => ({ header, format: (value) => value.toFixed(4) });
  return {
    columns: [
      { header: 'members' },
      rate('accuracy'),
      rate('cross-entropy'),
      rate('ECE'),
      rate('errors'),
      rate('foreign, entropy'),
      rate('foreign, information'),
      { header: 'seconds', format: (value) => value.toPrecision(3) },
    ],
    rows: contender.curve.map((point) => [
      point.members,
      point.accuracy,
      point.crossEntropy,
      point.ece,
      point.errorAuroc,
      point.foreignAuroc,
      point.foreignAurocByInformation,
      secondsOf(point, contender),
    ]),
  };
}

function chart(
  results: EnsemblesResults,
  xLabel: string,
  x: (point: EnsemblePoint, contender: EnsembleContender) => number,
): string {
  return lineChart({
    title: `Cross-entropy against ${xLabel}, ${results.task} ${results.architecture}`,
    xLabel,
    yLabel: 'cross-entropy, nats',
    logX: true,
    series: contenders(results).map(({ name, contender }) => ({
      name,
      points: contender.curve.map((point) => [x(point, contender), point.crossEntropy]),
    })),
  });
}
