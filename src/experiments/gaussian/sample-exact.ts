import { lastStepSolver, SOLVER_METHODS, type Solver } from '../../flow/solvers/solver.js';
import { timesOf } from '../../flow/solvers/time-grid.js';
import { noiseScale, perturb } from '../../flow/stochasticity.js';
import { euclidean } from '../../geometry/euclidean.js';
import { product } from '../../geometry/product.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../ops/reference-ops.js';
import { createPace, type Pace } from '../../pace.js';
import { Random } from '../../random.js';
import { exactField } from './exact-flow.js';
import { momentsOf, type Moments } from './moments.js';

export interface ExactSamplingOptions {
  readonly solver: Solver;
  readonly steps: number;
  /** c of the stochasticity, over the whole trajectory. */
  readonly strength: number;
  /** Mean of the target; its variance is 1. */
  readonly mean: number;
  /** Number of samples. */
  readonly count: number;
  readonly seed: number;
}

/**
 * Moments of numbers sampled with the exact velocity field by the solvers used for sampling, in
 * float64. The initial noise is standardised, so that without stochasticity the variance equals the
 * closed form up to rounding.
 *
 * @param pace - called before every step; default: one that never stops
 */
export async function sampleExact(
  options: ExactSamplingOptions,
  pace: Pace = createPace(),
): Promise<Moments> {
  const { solver, steps, strength, mean, count, seed } = options;
  const ops = new ReferenceOps();
  const path = product([euclidean]);
  const field = exactField(ops, mean);
  const random = new Random(seed, 'exact');
  const times = timesOf('uniform', steps);
  // One network of many coordinates: times are [batch].
  const shape = [1, count];
  let point: readonly ReferenceTensor[] = [tensor(standardNormals(random, count), shape)];
  for (let k = 0; k < steps; k++) {
    await pace();
    const [now, next] = [times[k] as number, times[k + 1] as number];
    const dt = next - now;
    const scale = noiseScale({ strength, from: 0, to: 1 }, now, dt);
    if (scale > 0) {
      const noise = [tensor(random.normals(count), shape)];
      point = perturb(ops, path, point, noise, tensor([scale]));
    }
    const method = SOLVER_METHODS[k === steps - 1 ? lastStepSolver(solver) : solver];
    point = method.step(ops, path, field, point, tensor([now]), tensor([dt]));
  }
  return momentsOf(point.map(({ data }) => data));
}

/** Normal numbers standardised to mean 0 and variance 1 exactly. */
function standardNormals(random: Random, count: number): Float64Array {
  const values = Float64Array.from({ length: count }, () => random.normal());
  const { mean, variance } = momentsOf([values]);
  return values.map((value) => (value - mean) / Math.sqrt(variance));
}
