import type { Column, Table } from '../../files/table.js';
import { lineChart } from '../../plots/index.js';
import { formatPage, heading, paragraph, tableBlock, type ResultFiles } from '../results-page.js';
import type { FlowSize, ScalingBudget } from './budget.js';
import type { PopulationFigures } from './population-figures.js';
import type { CellResult, ScalingResults } from './scaling-experiment.js';
import { bestByValidation, copiesFrom, COPYING, leastHeldOut } from './scaling-readings.js';

export interface ScalingPageOptions {
  readonly results: ScalingResults;
  readonly budget: ScalingBudget;
  /** The command that produced the results. */
  readonly command: string;
}

/** `scaling.md` and its charts. */
export function scalingFiles({ results, budget, command }: ScalingPageOptions): ResultFiles {
  const { flowSizes } = budget;
  const page = formatPage({
    title: 'Scaling: where accuracy comes from, and where copying begins',
    blocks: [
      paragraph(introduction(results, budget)),
      ...leftOut(results, budget),
      { kind: 'command', text: command },
      heading('What follows'),
      paragraph(
        'The number of updates is chosen on the validation part, all figures are of the test part. ' +
          '_Copies from_: the fewest updates after which the median sample is nearer to the runs ' +
          `trained on than ${COPYING} of what runs outside the training are; – where no flow of the ` +
          'row does, or the zoo has no runs outside.',
      ),
      tableBlock(readingTable(results, flowSizes)),
      paragraph(bestSentence(results)),
      ...flowSizes.flatMap((size) => [
        heading(nameOf(size)),
        tableBlock(cellTable(results, size)),
        {
          kind: 'figure' as const,
          file: chartName(size),
          caption: `Novelty ratio against updates, ${nameOf(size)}`,
        },
      ]),
    ],
  });
  return new Map([
    ['scaling.md', page],
    ...flowSizes.map((size) => [chartName(size), noveltyChart(results, size)] as const),
  ]);
}

function introduction(results: ScalingResults, budget: ScalingBudget): string {
  const { task, architecture, runs, snapshots, directions } = results;
  return (
    `Flows over networks ${architecture} of task ${task}, on the first runs of a zoo of ${runs} with ` +
    `${Number(snapshots.toFixed(1))} snapshots each: Geometric, input metric of ${directions} ` +
    'directions, matched prior, no skip on spheres, losses over coordinates, behaviour loss of ' +
    `weight 0.5 on ${budget.rows} rows; batches of ${budget.batch} at peak rate 3e-3, a schedule of ` +
    `its own for every number of updates. ${budget.samples} samples by ${budget.steps} Euler steps ` +
    'on the early grid, the same noise for all. _Worst_, _cross-entropy_, _averaged_ (the mean of ' +
    'all probabilities) and _divergence_ (Jensen–Shannon, mean over pairs) are of the test part. ' +
    '_Novelty_: median over samples of the distance to the nearest run trained on, over the median ' +
    'distance of such a run to the nearest other; _held-out_, the same of runs outside the training, ' +
    'is what an ideal sampler would have. _Dispersion_: mean distance between two samples over that ' +
    'between two runs. _Loss_ and _held-out loss_: of the averaged parameters after the last update, ' +
    'on runs trained on and outside, with the same noise and times. Outside are the last runs of the ' +
    `zoo that the flow is not trained on, at most ${budget.heldOut}.`
  );
}

function leftOut({ runs }: ScalingResults, { zooSizes }: ScalingBudget) {
  const missing = zooSizes.filter((size) => size > runs);
  if (missing.length === 0) return [];
  return [paragraph(`Left out, since the zoo has ${runs} runs: ${missing.join(', ')} runs.`)];
}

function bestSentence({ cells, trained }: ScalingResults): string {
  const best = bestByValidation(cells);
  if (best === undefined) return '';
  const { cell, samples, copying } = best;
  const novelty =
    copying.novelty === null ? '' : `, at a novelty ratio of ${copying.novelty.toFixed(2)}`;
  return (
    `Most accurate on the validation part: ${nameOf(cell)} on ${cell.runs} runs after ` +
    `${cell.updates} updates. Its samples have a mean of ${samples.accuracy.mean.toFixed(4)} and a ` +
    `worst of ${samples.accuracy.min.toFixed(4)}${novelty}; trained networks ` +
    `${trained.accuracy.mean.toFixed(4)} and ${trained.accuracy.min.toFixed(4)}.`
  );
}

function readingTable(results: ScalingResults, sizes: readonly FlowSize[]): Table {
  return {
    columns: [
      { header: 'flow' },
      { header: 'runs' },
      { header: 'best updates' },
      rate('accuracy'),
      rate('worst'),
      ratio('novelty'),
      { header: 'updates of least held-out loss' },
      { header: 'copies from' },
    ],
    rows: sizes.flatMap((size) =>
      zooSizesOf(results).flatMap((runs) => {
        const cells = cellsAt(results, size).filter(({ cell }) => cell.runs === runs);
        const best = bestByValidation(cells);
        if (best === undefined) return [];
        return [
          [
            nameOf(size),
            runs,
            best.cell.updates,
            best.samples.accuracy.mean,
            best.samples.accuracy.min,
            best.copying.novelty,
            leastHeldOut(cells)?.cell.updates ?? null,
            copiesFrom(cells)?.cell.updates ?? null,
          ],
        ];
      }),
    ),
  };
}

function cellTable(results: ScalingResults, size: FlowSize): Table {
  const measured = ({ validation, ...figures }: PopulationFigures): readonly number[] => [
    validation,
    figures.accuracy.mean,
    figures.accuracy.min,
    figures.crossEntropy,
    figures.averaged,
    figures.divergence,
  ];
  return {
    columns: [
      { header: 'runs' },
      { header: 'updates' },
      rate('validation'),
      rate('accuracy'),
      rate('worst'),
      rate('cross-entropy'),
      rate('averaged'),
      rate('divergence'),
      ratio('novelty'),
      ratio('held-out'),
      ratio('dispersion'),
      rate('loss'),
      rate('held-out loss'),
      { header: 'seconds' },
    ],
    rows: [
      ['trained', null, ...measured(results.trained), null, null, null, null, null, null],
      ...cellsAt(results, size).map(({ cell, training, samples, copying }) => [
        String(cell.runs),
        cell.updates,
        ...measured(samples),
        copying.novelty,
        copying.heldOutNovelty,
        copying.dispersion,
        training.losses?.training ?? null,
        training.losses?.heldOut ?? null,
        training.durationSeconds,
      ]),
    ],
  };
}

function noveltyChart(results: ScalingResults, size: FlowSize): string {
  const cells = cellsAt(results, size);
  const series = (
    suffix: string,
    of: (result: CellResult) => number | null,
  ): readonly { readonly name: string; readonly points: readonly [number, number][] }[] =>
    zooSizesOf(results).map((runs) => ({
      name: `${runs} runs${suffix}`,
      points: cells
        .filter(({ cell }) => cell.runs === runs)
        .map((result) => [result.cell.updates, of(result) ?? NaN]),
    }));
  return lineChart({
    title: `Novelty ratio against updates, ${nameOf(size)}`,
    xLabel: 'updates',
    yLabel: 'median novelty ratio',
    logX: true,
    series: [
      ...series('', ({ copying }) => copying.novelty),
      ...series(', held-out', ({ copying }) => copying.heldOutNovelty),
    ],
  });
}

function cellsAt({ cells }: ScalingResults, { width, blocks }: FlowSize): readonly CellResult[] {
  return cells.filter(({ cell }) => cell.width === width && cell.blocks === blocks);
}

function zooSizesOf({ cells }: ScalingResults): readonly number[] {
  return [...new Set(cells.map(({ cell }) => cell.runs))];
}

function nameOf({ width, blocks }: FlowSize): string {
  return `width ${width}, ${blocks} ${blocks === 1 ? 'block' : 'blocks'}`;
}

const chartName = ({ width, blocks }: FlowSize): string => `scaling-w${width}-b${blocks}.svg`;

const rate = (header: string): Column => ({ header, format: (value) => value.toFixed(4) });
const ratio = (header: string): Column => ({ header, format: (value) => value.toFixed(2) });
