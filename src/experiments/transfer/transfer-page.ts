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
import type { TransferBudget } from './budget.js';
import { transferChecks } from './transfer-checks.js';
import type { TransferCase, TransferFigure } from './transfer-experiment.js';

export interface TransferPageOptions {
  readonly cases: readonly TransferCase[];
  readonly budget: TransferBudget;
  /** The command that produced the results. */
  readonly command: string;
}

/** `transfer.md` and its charts. */
export function transferFiles({ cases, budget, command }: TransferPageOptions): ResultFiles {
  const charts = new Map(cases.map((each) => [chartName(each), chart(each)]));
  const page = formatPage({
    title: 'From one task to another by guidance',
    blocks: [
      paragraph(introduction(budget)),
      { kind: 'command', text: command },
      { kind: 'checks', checks: transferChecks(cases) },
      ...cases.flatMap((each): Block[] => [
        heading(`${each.to} from networks of ${each.from}, ${each.architecture}`),
        tableBlock(guidedTable(each)),
        paragraph('Beside them:'),
        tableBlock(othersTable(each, budget)),
        { kind: 'figure', file: chartName(each), caption: 'Accuracy against steps' },
      ]),
    ],
  });
  return new Map([['transfer.md', page], ...charts]);
}

function introduction({ networks, validationRows, ways }: TransferBudget): string {
  const swept = ways.map(({ name, strengths }) => `${name}: ${strengths.join(', ')}`).join('; ');
  return (
    'A flow over networks of one data set is guided by the training rows of another, which its ' +
    `networks have never seen. Means over ${networks} networks, on the test part of the other data ` +
    'set, features standardised as those of the flow are. Every number of steps has the strength ' +
    `with the best accuracy on ${validationRows} rows of the validation part (${swept}). ` +
    '_Gradients_ are those that each network took; _seconds_ draw all of them, on the machine of ' +
    'the run. _Trained_ networks start at random and see only the other data set, with the ' +
    "optimiser of the flow's zoo. _Truncated_ ones are these without the directions of inputs that " +
    'the flow has not; guided networks have no others either, but learn within these.'
  );
}

const rate = (header: string): Column => ({ header, format: (value) => value.toFixed(4) });
const FIGURES: readonly Column[] = [rate('accuracy'), rate('worst'), rate('cross-entropy')];
const SECONDS: Column = { header: 'seconds', format: (value) => value.toFixed(value < 10 ? 1 : 0) };
const figuresOf = ({ accuracy, worst, crossEntropy }: TransferFigure): number[] => [
  accuracy,
  worst,
  crossEntropy,
];

function guidedTable({ guided }: TransferCase): Table {
  return {
    columns: [
      { header: 'guidance' },
      { header: 'steps' },
      { header: 'strength' },
      { header: 'gradients' },
      ...FIGURES,
      SECONDS,
    ],
    rows: guided.map(({ way, steps, strength, gradients, seconds, ...figure }) => [
      way,
      steps,
      strength,
      gradients,
      ...figuresOf(figure),
      seconds,
    ]),
  };
}

function othersTable(
  { unguided, brief, trained, truncated }: TransferCase,
  { briefEpochs }: TransferBudget,
): Table {
  const epochs = `${briefEpochs} ${briefEpochs === 1 ? 'epoch' : 'epochs'}`;
  return {
    columns: [{ header: 'networks' }, ...FIGURES, SECONDS],
    rows: [
      ['sampled without guidance', ...figuresOf(unguided), null],
      [`trained, ${epochs}`, ...figuresOf(brief), brief.seconds],
      ['trained', ...figuresOf(trained), null],
      ...(truncated === null
        ? []
        : [
            [
              `trained, truncated to ${truncated.directions} directions`,
              ...figuresOf(truncated),
              null,
            ],
          ]),
    ],
  };
}

const chartName = ({ flow, to }: TransferCase): string => `transfer-${flow}-to-${to}.svg`;

function chart({ from, to, architecture, guided, truncated }: TransferCase): string {
  const ways = [...new Set(guided.map(({ way }) => way))];
  const steps = guided.map((each) => each.steps);
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  return lineChart({
    title: `${to} from networks of ${from}, ${architecture}`,
    xLabel: 'steps',
    yLabel: 'accuracy',
    logX: true,
    series: [
      ...ways.map((name) => ({
        name,
        points: guided
          .filter(({ way }) => way === name)
          .map((each): [number, number] => [each.steps, each.accuracy]),
      })),
      ...(truncated === null
        ? []
        : [
            {
              name: 'trained, truncated',
              points: [first, last].map((x): [number, number] => [x, truncated.accuracy]),
            },
          ]),
    ],
  });
}
