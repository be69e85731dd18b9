import type { Column, Table } from '../../files/table.js';
import type { Prediction } from '../../flow/prediction.js';
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
import type {
  ExactRow,
  GaussianFlow,
  GaussianResults,
  GaussianRow,
} from './gaussian-experiment.js';
import type { LikelihoodGap } from './likelihood-gap.js';
import { THESIS_NOISE, type Noise } from './noise.js';

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
/** Nats, over all coordinates together: float32 rounding and the solver's own error. */
const DENSITY_WITHIN = 1e-3;

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
          'RK4 nothing of that order; noise of strength c brings c² π/2, whatever the step. So for ' +
          'a field that is nearly exact we recommend **c = √((1 + 2/π) Δt) = 1.28 √Δt, that is ' +
          'ε = 1.28 Δt, for Euler, and none for Heun and RK4**.',
      ),
      paragraph(
        'A field that was learned less well loses variance of its own, however small the steps: ' +
          'here the one that predicts velocities, which has to carry all coordinates through the ' +
          'width of its tokens, where a preconditioned end point has them in its skip connection. ' +
          `The thesis’s ε = ${THESIS_NOISE} at 100 steps restores it, as the thesis found, and leaves ` +
          'the better field with far too much. For such fields **calibrate**: the variance is affine ' +
          'in c², so two measurements with the same solver and steps, without noise and with ' +
          `ε = ${THESIS_NOISE}, give the c that brings it to the target’s. Below, calibrated ` +
          'samples are drawn from other noise than the two measurements.',
      ),
      { kind: 'checks', checks: gaussianChecks(results) },
      { kind: 'figure', file: CHART, caption: 'Variance of Euler samples against steps' },
      heading('Exact field'),
      paragraph(
        `${budget.exactNumbers} numbers by the solvers that serve, in float64, from standardised ` +
          'noise, beside the closed form of the variance.',
      ),
      tableBlock(exactTable(results.exact)),
      ...results.flows.flatMap(({ prediction, training, rows }) => [
        heading(FLOW_TITLES[prediction]),
        paragraph(
          `Loss of the last tenth of the updates ${training.loss.toFixed(4)}, ` +
            `${training.durationSeconds} s of training.`,
        ),
        tableBlock(flowTable(rows)),
      ]),
      heading('Density'),
      paragraph(
        `Log density in nats of ${results.density.points} fresh points of the target, under the ` +
          'field by the instantaneous change of variables and under the target itself; the mean ' +
          'difference estimates KL(target ‖ flow). The trace is estimated with ' +
          `${results.density.probes} Rademacher probes, which know a diagonal Jacobian such as ` +
          'that of the exact field exactly.',
      ),
      tableBlock(densityTable(results)),
    ],
  });
  return new Map([
    ['gaussian.md', page],
    [CHART, chart(results)],
  ]);
}

/** What the issue demands of the samplers and of the recommended noise. */
export function gaussianChecks({ exact, density, flows }: GaussianResults): readonly Check[] {
  const largest = Math.max(
    ...exact.map(({ noises, closedForm }) => Math.abs((noises.none?.variance ?? NaN) - closedForm)),
  );
  return [
    {
      demand:
        'exact field: every solver has the variance of the closed form at every number of steps',
      found: `largest difference ${largest.toExponential(1)}`,
      isMet: largest < ROUNDING,
    },
    {
      demand: `exact field: log-likelihood within ${DENSITY_WITHIN} nats of the exact density`,
      found: `largest difference ${density.largest.toExponential(1)}`,
      isMet: density.largest <= DENSITY_WITHIN,
    },
    ...flows.map(restoredVariance),
  ];
}

function restoredVariance({ prediction, rows }: GaussianFlow): Check {
  const noise = RECOMMENDED[prediction];
  const errors = rows
    .filter(({ steps }) => steps >= JUDGED_FROM)
    .flatMap(({ noises }) => noises[noise] ?? [])
    .map(({ variance }) => Math.abs(variance - 1));
  const worst = Math.max(0, ...errors);
  return {
    demand:
      `${prediction} prediction with ${LABELS[noise]}: variance within ` +
      `${100 * VARIANCE_WITHIN} % of the target's for every solver from ${JUDGED_FROM} steps on`,
    found: `largest error ${(100 * worst).toFixed(2)} % in ${errors.length} rows`,
    isMet: errors.length > 0 && worst <= VARIANCE_WITHIN,
  };
}

const CHART = 'gaussian-variance.svg';
const LABELS: Readonly<Record<Noise, string>> = {
  none: 'ε = 0',
  thesis: `ε = ${THESIS_NOISE}`,
  solver: 'ε(Δt)',
  calibrated: 'calibrated ε',
};
/** The noise that we recommend for a field. */
const RECOMMENDED: Readonly<Record<Prediction, Noise>> = {
  endpoint: 'solver',
  velocity: 'calibrated',
};

function exactTable(rows: readonly ExactRow[]): Table {
  return {
    columns: [
      { header: 'solver' },
      { header: 'steps' },
      number('mean, ε = 0'),
      ...variances('none', 'thesis', 'solver'),
      number('closed form, ε = 0'),
    ],
    rows: rows.map(({ solver, steps, noises, closedForm }) => [
      solver,
      steps,
      noises.none?.mean ?? null,
      ...varianceCells(noises, 'none', 'thesis', 'solver'),
      closedForm,
    ]),
  };
}

function flowTable(rows: readonly GaussianRow[]): Table {
  return {
    columns: [
      { header: 'solver' },
      { header: 'steps' },
      number('mean, ε = 0'),
      ...variances('none', 'thesis', 'solver', 'calibrated'),
      number('mean, calibrated'),
    ],
    rows: rows.map(({ solver, steps, noises }) => [
      solver,
      steps,
      noises.none?.mean ?? null,
      ...varianceCells(noises, 'none', 'thesis', 'solver', 'calibrated'),
      noises.calibrated?.mean ?? null,
    ]),
  };
}

function densityTable({ density, flows }: GaussianResults): Table {
  const row = (
    name: string,
    { exact, flow, gap, standardError, largest, dimension }: LikelihoodGap,
  ): Table['rows'][number] => [
    name,
    exact,
    flow,
    gap,
    standardError,
    largest,
    gap / dimension / Math.LN2,
  ];
  return {
    columns: [
      { header: 'field' },
      number('target'),
      number('flow'),
      number('gap'),
      number('± s.e.'),
      number('largest difference'),
      number('gap, bits per dimension'),
    ],
    rows: [
      row('exact', density),
      ...flows.map(({ prediction, density: own }) => row(prediction, own)),
    ],
  };
}

/** A column of variances for each noise, after one of the noise where it is no constant. */
function variances(...noises: readonly Noise[]): readonly Column[] {
  return noises.flatMap((noise) => [
    ...(isConstant(noise) ? [] : [number(LABELS[noise])]),
    number(`variance, ${LABELS[noise]}`),
  ]);
}

function varianceCells(
  measured: GaussianRow['noises'],
  ...noises: readonly Noise[]
): readonly (number | null)[] {
  return noises.flatMap((noise) => [
    ...(isConstant(noise) ? [] : [measured[noise]?.epsilon ?? null]),
    measured[noise]?.variance ?? null,
  ]);
}

function isConstant(noise: Noise): boolean {
  return noise === 'none' || noise === 'thesis';
}

function chart({ exact, flows }: GaussianResults): string {
  const line = (
    name: string,
    rows: readonly GaussianRow[],
    noise: Noise,
  ): { name: string; points: [number, number][] } => ({
    name: `${name}, ${LABELS[noise]}`,
    points: rows
      .filter(({ solver }) => solver === 'euler')
      .map(({ steps, noises }) => [steps, noises[noise]?.variance ?? NaN]),
  });
  return lineChart({
    title: 'Variance of Euler samples of N(1, 1) against steps',
    xLabel: 'Euler steps',
    yLabel: 'variance (target 1)',
    logX: true,
    series: [
      line('exact field', exact, 'none'),
      ...flows.flatMap(({ prediction, rows }) =>
        (['none', 'thesis', RECOMMENDED[prediction]] as const).map((noise) =>
          line(prediction, rows, noise),
        ),
      ),
    ],
  });
}

function number(header: string): Column {
  return { header, format: (value) => value.toFixed(4) };
}
