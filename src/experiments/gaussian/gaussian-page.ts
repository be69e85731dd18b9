import type { Column, Table } from '../../files/table.js';
import type { Prediction } from '../../flow/prediction.js';
import { SOLVERS, type Solver } from '../../flow/solvers/solver.js';
import { lineChart } from '../../plots/index.js';
import {
  formatPage,
  heading,
  paragraph,
  tableBlock,
  type Check,
  type ResultFiles,
} from '../results-page.js';
import type { GaussianBudget } from './budget.js';
import type { GaussianCell, GaussianResults } from './gaussian-experiment.js';
import { NOISES, THESIS_NOISE, type Noise } from './noise.js';

export interface GaussianPageOptions {
  readonly results: GaussianResults;
  readonly budget: GaussianBudget;
  /** The command that made the results. */
  readonly command: string;
}

/** How near to 1 the variance must come, and from how many steps on. */
const VARIANCE_WITHIN = 0.05;
const JUDGED_FROM = 8;
/** Solver code against closed form: rounding only. */
const ROUNDING = 1e-9;

const FLOW_TITLES: Readonly<Record<Prediction, string>> = {
  endpoint: 'Trained flow, preconditioned end point (our default)',
  velocity: 'Trained flow, plain velocity prediction',
};

/** `gaussian.md` and its chart. */
export function gaussianFiles({ results, budget, command }: GaussianPageOptions): ResultFiles {
  const page = formatPage({
    title: 'Gaussian to Gaussian',
    blocks: [
      paragraph(
        'From N(0, 1) to N(1, 1) in each of the 802 coordinates of the weight space of 30-16-16-2. ' +
          `Trained flows are neuron-transformers of width ${budget.width} with ${budget.blocks} ` +
          `blocks, ${budget.updates} updates of ${budget.batch} points, ${budget.samples} samples; ` +
          'mean and variance over all coordinates of all samples.',
      ),
      { kind: 'command', text: command },
      heading('How much noise'),
      paragraph(
        'Before every step of length Δt noise of standard deviation ε(Δt) = c √Δt is added. Under ' +
          "the exact field Euler's method loses a variance of (1 + π/2) Δt to first order, Heun and " +
          'RK4 nothing of that order; noise of strength c brings c² π/2, whatever the step. So we ' +
          'recommend **c = √((1 + 2/π) Δt) = 1.28 √Δt, that is ε = 1.28 Δt, for Euler and none for ' +
          'Heun and RK4**, plus (2/π) δ under the root where the learned field itself loses a ' +
          'variance δ, measured by RK4 with the most steps and no noise. The thesis adds ' +
          `ε = ${THESIS_NOISE} at 100 steps, which made up for what its network lost; a field that ` +
          'loses less is left with too much variance.',
      ),
      { kind: 'checks', checks: gaussianChecks(results) },
      { kind: 'figure', file: CHART, caption: 'Variance of Euler samples against steps' },
      heading('Exact field'),
      paragraph(
        `${budget.exactNumbers} numbers by the solvers that serve, in float64, from standardised ` +
          'noise, beside the closed form of the variance.',
      ),
      tableBlock(momentTable(results.exact, (noise) => `closed form, ${LABELS[noise]}`)),
      ...results.flows.flatMap(({ prediction, training, lost, cells }) => [
        heading(FLOW_TITLES[prediction]),
        paragraph(
          `Loss of the last tenth of the updates ${training.loss.toFixed(4)}, ` +
            `${training.durationSeconds} s of training; δ = ${lost.toFixed(4)}.`,
        ),
        tableBlock(momentTable(cells)),
      ]),
    ],
  });
  return new Map([
    ['gaussian.md', page],
    [CHART, chart(results)],
  ]);
}

/** What the issue demands of the samplers and of the recommended noise. */
export function gaussianChecks({ exact, flows }: GaussianResults): readonly Check[] {
  const noiseless = exact.filter(({ noise }) => noise === 'none');
  const largest = Math.max(
    ...noiseless.map(({ variance, expected }) => Math.abs(variance - expected)),
  );
  return [
    {
      demand:
        'exact field: every solver has the variance of the closed form at every number of steps',
      found: `largest difference ${largest.toExponential(1)}`,
      isMet: largest < ROUNDING,
    },
    ...flows.map(({ prediction, cells }): Check => {
      const judged = cells.filter(
        ({ noise, steps }) => noise === 'recommended' && steps >= JUDGED_FROM,
      );
      const worst = Math.max(0, ...judged.map(({ variance }) => Math.abs(variance - 1)));
      return {
        demand:
          `${prediction} prediction with the recommended ε: variance within ` +
          `${100 * VARIANCE_WITHIN} % of the target's for every solver from ${JUDGED_FROM} steps on`,
        found: `largest error ${(100 * worst).toFixed(2)} % in ${judged.length} rows`,
        isMet: judged.length > 0 && worst <= VARIANCE_WITHIN,
      };
    }),
  ];
}

const CHART = 'gaussian-variance.svg';
const LABELS: Readonly<Record<Noise, string>> = {
  none: 'ε = 0',
  thesis: `ε = ${THESIS_NOISE}`,
  recommended: 'ε(Δt)',
};

/** A row per solver and steps, mean and variance per noise beside each other. */
function momentTable(
  cells: readonly (GaussianCell & { readonly expected?: number })[],
  expected?: (noise: Noise) => string,
): Table {
  const steps = [...new Set(cells.map((cell) => cell.steps))];
  const columns = NOISES.flatMap((noise): Column[] => [
    ...(noise === 'recommended' ? [number('ε(Δt)')] : []),
    number(`mean, ${LABELS[noise]}`),
    number(`variance, ${LABELS[noise]}`),
    ...(expected === undefined ? [] : [number(expected(noise))]),
  ]);
  return {
    columns: [{ header: 'solver' }, { header: 'steps' }, ...columns],
    rows: SOLVERS.flatMap((solver) =>
      steps.map((count) => [
        solver,
        count,
        ...NOISES.flatMap((noise) => {
          const cell = find(cells, solver, count, noise);
          return [
            ...(noise === 'recommended' ? [cell?.epsilon ?? null] : []),
            cell?.mean ?? null,
            cell?.variance ?? null,
            ...(expected === undefined ? [] : [cell?.expected ?? null]),
          ];
        }),
      ]),
    ),
  };
}

function chart({ exact, flows }: GaussianResults): string {
  const line = (
    name: string,
    cells: readonly GaussianCell[],
    noise: Noise,
  ): { name: string; points: [number, number][] } => ({
    name: `${name}, ${LABELS[noise]}`,
    points: cells
      .filter((cell) => cell.solver === 'euler' && cell.noise === noise)
      .map(({ steps, variance }) => [steps, variance]),
  });
  return lineChart({
    title: 'Variance of Euler samples of N(1, 1) against steps',
    xLabel: 'Euler steps',
    yLabel: 'variance (target 1)',
    logX: true,
    series: [
      line('exact field', exact, 'none'),
      ...flows.flatMap(({ prediction, cells }) =>
        NOISES.map((noise) => line(prediction, cells, noise)),
      ),
    ],
  });
}

function find<C extends GaussianCell>(
  cells: readonly C[],
  solver: Solver,
  steps: number,
  noise: Noise,
): C | undefined {
  return cells.find(
    (cell) => cell.solver === solver && cell.steps === steps && cell.noise === noise,
  );
}

function number(header: string): Column {
  return { header, format: (value) => value.toFixed(4) };
}
