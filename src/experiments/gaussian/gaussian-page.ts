import type { Prediction } from '../../flow/prediction.js';
import { formatPage, heading, paragraph, tableBlock, type ResultFiles } from '../results-page.js';
import type { GaussianBudget } from './budget.js';
import { gaussianChart } from './gaussian-chart.js';
import { gaussianChecks } from './gaussian-checks.js';
import type { GaussianResults } from './gaussian-experiment.js';
import { densityTable, exactTable, flowTable } from './gaussian-tables.js';
import { THESIS_NOISE } from './noise.js';

export interface GaussianPageOptions {
  readonly results: GaussianResults;
  readonly budget: GaussianBudget;
  /** The command that produced the results. */
  readonly command: string;
}

const CHART = 'gaussian-variance.svg';

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
    [CHART, gaussianChart(results)],
  ]);
}
