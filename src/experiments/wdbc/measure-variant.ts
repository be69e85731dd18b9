import { canonicalForm } from '../../alignment/canonical-form.js';
import type { Architecture } from '../../network/architecture.js';
import { evaluateSamples } from '../../evaluation/evaluate.js';
import { measureNetwork } from '../../evaluation/measure-network.js';
import { mean } from '../../evaluation/population-metrics.js';
import type { FlowReference } from '../../evaluation/reference.js';
import { SOLVERS } from '../../flow/solvers/solver.js';
import type { Sampler } from '../../sampling/sampler.js';
import { PacedWork, type Watcher } from '../../pace.js';
import type { PreparedTask } from '../../zoo/prepared-task.js';
import type { ExperimentRun } from '../experiment-run.js';
import { drawSamples } from '../thesis/draw-samples.js';
import type { StepFigures } from '../thesis/variant-result.js';
import type { Variant } from '../thesis/variants.js';
import type { WdbcBudget } from './budget.js';

/** Samples of one flow by one solver and number of steps, on the test part. */
export interface SampleFigures extends StepFigures {
  /** Mean largest error overlap with a final network of the zoo. */
  readonly maxErrorIoU: number;
  /** Fraction of the samples. */
  readonly novelAndAccurate: number | null;
  /** Mean cross-entropy with the last weight matrix rescaled to norm √C, as in the thesis. */
  readonly fixedNormCrossEntropy: number;
}

export interface MeasuringContext {
  readonly sampler: Sampler;
  readonly reference: FlowReference;
  readonly task: PreparedTask;
  readonly architecture: Architecture;
  readonly budget: WdbcBudget;
  /** Seed of the noise. */
  readonly seed: number;
}

/** Measures a flow with every solver at every number of steps, from the same noise. */
export function measureVariant(
  run: ExperimentRun,
  variant: Variant,
  { sampler, reference, task, architecture, budget, seed }: MeasuringContext,
): Promise<readonly SampleFigures[]> {
  const cells = SOLVERS.flatMap((solver) => budget.steps.map((steps) => ({ solver, steps })));
  return run.each(`samples/${variant.name}`, cells.length, async (index) => {
    const { solver, steps } = cells[index] as (typeof cells)[number];
    const networks = await drawSamples(run, sampler, {
      flow: variant.name,
      architecture,
      count: budget.samples,
      solver,
      steps,
      timeGrid: 'uniform',
      seed,
    });
    const { signal } = run;
    const { samples, averaged, novelty } = await evaluateSamples(
      { reference, architecture, networks, task, steps, seed },
      { signal },
    );
    const { accuracy, crossEntropy, ece } = samples;
    return {
      solver,
      steps,
      accuracy,
      crossEntropy,
      ece,
      averagedAccuracy: averaged.accuracy,
      maxErrorIoU: novelty.maxErrorIoU,
      novelAndAccurate: novelty.novelAndAccurate,
      fixedNormCrossEntropy: await fixedNormCrossEntropy(architecture, networks, task, { signal }),
    };
  });
}

/** Mean test cross-entropy of networks with the last layer rescaled to norm √C. */
export async function fixedNormCrossEntropy(
  arch: Architecture,
  networks: readonly Float32Array[],
  task: PreparedTask,
  watcher: Watcher,
): Promise<number> {
  const work = new PacedWork(networks.length, watcher);
  const losses: number[] = [];
  for (const network of networks) {
    const { weights } = canonicalForm(network, arch);
    const { test } = await measureNetwork(arch, weights, task, work.pace);
    losses.push(test.crossEntropy);
    await work.advance();
  }
  return mean(losses);
}
