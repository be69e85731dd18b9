import { FLOW_GEOMETRIES } from '../../flow/geometry.js';
import { architectureName } from '../../network/architecture.js';
import { SOLVERS } from '../../flow/solvers/solver.js';
import type { Table } from '../../files/table.js';
import { barrierBlocks } from '../barriers/barriers-page.js';
import { formatPage, heading, paragraph, tableBlock, type ResultFiles } from '../results-page.js';
import { THESIS_WDBC, THESIS_WDBC_ZOO, type ThesisFigures } from '../thesis-figures.js';
import { stepCharts, stepFigures } from '../thesis/step-charts.js';
import { eulerSamples, variantName } from '../thesis/variant-result.js';
import { rate, stepTable, trainingTable } from '../thesis/variant-tables.js';
import type { Variant } from '../thesis/variants.js';
import type { WdbcBudget } from './budget.js';
import { judgedSteps, shortfalls, wdbcChecks } from './wdbc-checks.js';
import { CHARTED_SETTING, solverChartName, solverCharts } from './wdbc-charts.js';
import type { WdbcResults } from './wdbc-experiment.js';

export interface WdbcPageOptions {
  readonly results: WdbcResults;
  readonly budget: WdbcBudget;
  /** The command that produced the results. */
  readonly command: string;
}

/** `wdbc.md` and its charts. */
export function wdbcFiles({ results, budget, command }: WdbcPageOptions): ResultFiles {
  const page = formatPage({
    title: 'WDBC: three flows over the networks of the thesis',
    blocks: [
      paragraph(introduction(results, budget)),
      { kind: 'command', text: command },
      heading('Samples'),
      paragraph(
        '_Trained_ networks are the final ones of the zoo; the flows learn from _all snapshots_, early ' +
          'ones included, which overfit less. _Max error IoU_: mean over networks of ' +
          'the largest overlap of their error set with that of another trained network; _novel and ' +
          'accurate_: part of the networks that overlap no more than trained networks do among ' +
          'themselves and are at most one point less accurate than their mean. _Fixed norm_: ' +
          'cross-entropy with the last weight matrix brought to norm √C, the form of the thesis, ' +
          'whose own figures on its own split stand beside it.',
      ),
      ...judgedSteps(results).flatMap((steps) => [
        paragraph(`**${steps} Euler steps**`),
        tableBlock(sampleTable(results, steps)),
      ]),
      { kind: 'checks', checks: wdbcChecks(results) },
      heading('Accuracy against Euler steps'),
      tableBlock(stepTable(results.variants, budget.steps)),
      ...stepFigures('wdbc'),
      heading('Accuracy by solver'),
      paragraph(
        `Heun's method evaluates the network twice a step and RK4 four times, except in the last ` +
          'step, which is an Euler step for all: the velocity of a predicted end point is singular ' +
          `at t = 1. Setting ${CHARTED_SETTING}.`,
      ),
      tableBlock(solverTable(results, budget.steps)),
      ...FLOW_GEOMETRIES.map((geometry) => ({
        kind: 'figure' as const,
        file: solverChartName(geometry),
        caption: `Error of the ${geometry} flow by solver`,
      })),
      ...barrierBlocks(results.barriers),
      heading('Training'),
      tableBlock(trainingTable(results.variants)),
    ],
  });
  const { variants, zoo } = results;
  const trained = zoo.trained.accuracy.mean;
  return new Map([
    ['wdbc.md', page],
    ...stepCharts({ task: 'wdbc', variants, trained }),
    ...solverCharts(results),
  ]);
}

function introduction({ zoo }: WdbcResults, budget: WdbcBudget): string {
  const { trained, networks } = zoo;
  return (
    `The zoo is that of the thesis: ${trained.runs} Adam runs of ${architectureName(trained)}, ` +
    `${budget.epochs} epochs, the first 10 ignored, a snapshot every 4 updates, ${networks} ` +
    'networks in all. Learning rate and weight decay, which the thesis does not give, and the split ' +
    'are ours; every figure is of the test part. Each flow is a neuron-transformer of width ' +
    `${budget.width} with ${budget.blocks} blocks, trained for ${budget.updates} updates of ` +
    `${budget.batch} networks. Settings: _raw_, networks as trained; _aligned_, brought to one ` +
    'reference by weight matching of canonical forms, with learned embeddings of the neurons; ' +
    '_aligned-ot_, the same with exact mini-batch optimal transport; _equivariant_, networks as ' +
    `trained, the neurons of each permuted to match its noise. ${budget.samples} samples of each ` +
    'flow from the same noise; the last layer’s scale is a coordinate.'
  );
}

function sampleTable(results: WdbcResults, steps: number): Table {
  const { zoo, snapshots, variants } = results;
  const { trained } = zoo;
  return {
    columns: [
      { header: 'networks' },
      rate('accuracy'),
      rate('± std'),
      rate('worst'),
      rate('averaged'),
      rate('cross-entropy'),
      rate('ECE'),
      rate('max error IoU'),
      rate('novel and accurate'),
      rate('cross-entropy, fixed norm'),
      rate('thesis: accuracy'),
      rate('thesis: ± std'),
      rate('thesis: loss'),
      { header: 'as good as the zoo' },
    ],
    rows: [
      [
        'trained',
        trained.accuracy.mean,
        trained.accuracy.std,
        trained.accuracy.min,
        null,
        trained.crossEntropy.mean,
        trained.ece.mean,
        trained.independentMaxErrorIoU,
        trained.independentNovelAndAccurate,
        zoo.fixedNormCrossEntropy,
        ...thesisCells(THESIS_WDBC_ZOO),
        '–',
      ],
      [
        'all snapshots',
        snapshots.accuracy.mean,
        snapshots.accuracy.std,
        snapshots.accuracy.min,
        null,
        snapshots.crossEntropy.mean,
        snapshots.ece.mean,
        null,
        null,
        null,
        ...thesisCells(undefined),
        '–',
      ],
      ...variants.flatMap((result) => {
        const figures = eulerSamples(result, steps);
        if (figures === undefined) return [];
        return [
          [
            variantName(result.variant),
            figures.accuracy.mean,
            figures.accuracy.std,
            figures.accuracy.min,
            figures.averagedAccuracy,
            figures.crossEntropy.mean,
            figures.ece.mean,
            figures.maxErrorIoU,
            figures.novelAndAccurate,
            figures.fixedNormCrossEntropy,
            ...thesisCells(thesisOf(result.variant)),
            shortfalls(figures, zoo).join(', ') || 'yes',
          ],
        ];
      }),
    ],
  };
}

function solverTable({ variants }: WdbcResults, steps: readonly number[]): Table {
  return {
    columns: [
      { header: 'flow' },
      { header: 'solver' },
      ...steps.map((count) => rate(String(count))),
    ],
    rows: variants
      .filter(({ variant }) => variant.setting === CHARTED_SETTING)
      .flatMap((result) =>
        SOLVERS.map((solver) => [
          variantName(result.variant),
          solver,
          ...steps.map(
            (count) =>
              result.samples.find((cell) => cell.solver === solver && cell.steps === count)
                ?.accuracy.mean ?? null,
          ),
        ]),
      ),
  };
}

function thesisOf({ geometry, setting }: Variant): ThesisFigures | undefined {
  return setting === 'equivariant' ? undefined : THESIS_WDBC[geometry][setting];
}

function thesisCells(figures: ThesisFigures | undefined): readonly (number | null)[] {
  return [figures?.accuracy ?? null, figures?.std ?? null, figures?.crossEntropy ?? null];
}
