import type { Solver } from '../../flow/solvers/solver.js';
import type { TimeGrid } from '../../flow/solvers/time-grid.js';
import { DETERMINISTIC } from '../../flow/stochasticity.js';
import type { Architecture } from '../../network/architecture.js';
import type { Sampler } from '../../sampling/sampler.js';
import type { ExperimentRun } from '../experiment-run.js';

export interface DrawOptions {
  /** Name of the flow. */
  readonly flow: string;
  readonly architecture: Architecture;
  readonly count: number;
  readonly solver: Solver;
  readonly steps: number;
  readonly timeGrid: TimeGrid;
  /** Of the noise. */
  readonly seed: number;
}

/** The first networks of a seed, flat weights. */
export async function drawSamples(
  { signal }: Pick<ExperimentRun, 'signal'>,
  sampler: Sampler,
  options: DrawOptions,
): Promise<readonly Float32Array[]> {
  const drawn = await sampler.sampleWeights(
    { ...options, firstIndex: 0, stochasticity: DETERMINISTIC },
    signal === undefined ? {} : { signal },
  );
  return drawn.map(({ weights }) => weights);
}
