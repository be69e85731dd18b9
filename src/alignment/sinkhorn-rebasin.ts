import type { Architecture } from '../network/architecture.js';
import { ensureWeights, networkOf } from '../network/network.js';
import { permutationSpec, type PermutationSpec } from '../network/permutation-spec.js';
import {
  identityPermutations,
  permutationsByGroup,
  type GroupPermutations,
} from '../network/permute.js';
import { assertFinite } from '../geometry/assert-finite.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../ops/reference-ops.js';
import { replay, type Expression } from '../ops/trace.js';
import { createPace, type Pace } from '../pace.js';
import { Random } from '../random.js';
import { solveAssignment } from './linear-assignment.js';
import {
  recordObjective,
  type RebasinObjective,
  type RecordedObjective,
} from './rebasin-objective.js';
import type { SinkhornOptions } from './sinkhorn.js';

/** Fraction of the previous direction that a step keeps. */
const MOMENTUM = 0.9;

/** Values of λ at which permutations are compared. */
const JUDGED_AT: Readonly<Record<RebasinObjective['kind'], readonly number[]>> = {
  l2: [1],
  midpoint: [1 / 2],
  'random-point': [1 / 6, 1 / 3, 1 / 2, 2 / 3, 5 / 6],
};

export interface SinkhornRebasinOptions extends SinkhornOptions {
  /** Default `{ kind: 'l2' }`. */
  readonly objective?: RebasinObjective;
  /** Default: every group of the architecture. */
  readonly spec?: PermutationSpec;
  /** Gradient steps. Default 100. */
  readonly steps?: number;
  /** Root mean square by which a step changes the entries of Z. Default 0.1. */
  readonly stepSize?: number;
  /** Draws λ of `random-point`. Default: seed 0. */
  readonly random?: Random;
}

export interface SinkhornMatchOptions {
  /**
   * Initial permutations. By default P starts at the mean of all permutations, and the result is at
   * least as good as the identity.
   */
  readonly start?: GroupPermutations;
  /** Called before every gradient step. Default: one that never stops. */
  readonly pace?: Pace;
}

export interface SinkhornMatch {
  /** One per group of the spec, for `permuteNeurons`. */
  readonly permutations: GroupPermutations;
  /** The objective of these permutations; of `random-point` the mean over λ = 1/6, 1/3, … 5/6. */
  readonly objective: number;
}

/** Values of recorded inputs. */
type Bindings = Map<Expression, ReferenceTensor>;

/** The descent of one group: its logits Z `[n, n]` and their momentum. */
interface Descent {
  readonly size: number;
  readonly logits: Float64Array;
  readonly momentum: Float64Array;
}

/**
 * Sinkhorn re-basin: aligns networks by gradient descent on relaxed permutations.
 *
 * Each group's permutation is relaxed to `P = sinkhorn(Z, τ)`; Z descends the objective along the
 * normalised gradient with momentum, and is rounded by a linear assignment after every step. The
 * result is the best of the rounded permutations, so it is never worse than the start.
 *
 * The computation is recorded once and reused for every pair of the architecture.
 *
 * @see Peña et al. 2023, "Re-basin via implicit Sinkhorn differentiation"
 *
 * @example
 * const objective = { kind: 'midpoint', loss: crossEntropyLoss(arch, x, labels) } as const;
 * const rebasin = new SinkhornRebasin(arch, { objective });
 * const start = matchWeights(reference, network, arch).permutations;
 * const { permutations } = await rebasin.match(reference, network, { start });
 */
export class SinkhornRebasin {
  readonly #arch: Architecture;
  readonly #spec: PermutationSpec;
  readonly #kind: RebasinObjective['kind'];
  readonly #steps: number;
  readonly #stepSize: number;
  readonly #temperature: number;
  readonly #random: Random;
  readonly #ops = new ReferenceOps();
  readonly #recorded: RecordedObjective;

  /** @throws WeightspringError `unsupported-architecture` for tensors of rank above 2 */
  constructor(arch: Architecture, options: SinkhornRebasinOptions = {}) {
    const { objective = { kind: 'l2' }, spec = permutationSpec(arch) } = options;
    this.#arch = arch;
    this.#spec = spec;
    this.#kind = objective.kind;
    this.#steps = options.steps ?? 100;
    this.#stepSize = options.stepSize ?? 0.1;
    this.#temperature = options.temperature ?? 1;
    this.#random = options.random ?? new Random(0);
    this.#recorded = recordObjective(arch, spec, objective, options);
  }

  /**
   * @param reference - flat weights θ_a
   * @param network - flat weights θ_b of the same architecture
   * @throws WeightspringError `shape-mismatch` when lengths do not fit, `invalid-argument` when
   * weights are not finite or `start` is not a permutation, and whatever `pace` throws
   */
  async match(
    reference: ArrayLike<number>,
    network: ArrayLike<number>,
    { start, pace = createPace() }: SinkhornMatchOptions = {},
  ): Promise<SinkhornMatch> {
    const networks: Bindings = new Map();
    bindEach(networks, this.#recorded.reference, this.#tensorsOf(reference));
    bindEach(networks, this.#recorded.network, this.#tensorsOf(network));

    let latest = start ?? identityPermutations(this.#spec);
    permutationsByGroup(this.#spec, latest);
    let best = this.#judge(networks, latest);
    const descents = this.#spec.groups.map(({ size }, g) => this.#begin(size, start?.[g]));
    for (let step = 0; step < this.#steps; step++) {
      await pace();
      this.#step(networks, descents);
      const rounded = descents.map(({ logits }) => solveAssignment(logits, { maximize: true }));
      if (samePermutations(rounded, latest)) continue;
      latest = rounded;
      const judged = this.#judge(networks, rounded);
      if (judged.objective < best.objective) best = judged;
    }
    return best;
  }

  #tensorsOf(weights: ArrayLike<number>): readonly ReferenceTensor[] {
    ensureWeights(this.#arch, weights);
    assertFinite(weights, 'the weights');
    const values = Float64Array.from(weights);
    return networkOf(this.#arch).slots.map(({ offset, size, shape }) =>
      tensor(values.subarray(offset, offset + size), shape),
    );
  }

  /**
   * Logits that give `start` about half of the mass or, without `start`, all permutations equal
   * mass.
   */
  #begin(size: number, start: Int32Array | undefined): Descent {
    const logits = new Float64Array(size * size);
    const half = this.#temperature * Math.log(Math.max(2, size - 1));
    start?.forEach((from, to) => (logits[to * size + from] = half));
    return { size, logits, momentum: new Float64Array(size * size) };
  }

  #step(networks: Bindings, descents: readonly Descent[]): void {
    const bindings = new Map(networks);
    const [fixed = 1] = JUDGED_AT[this.#kind];
    const lambda = this.#kind === 'random-point' ? this.#random.uniform() : fixed;
    bindings.set(this.#recorded.lambda, tensor(lambda));
    bindEach(
      bindings,
      this.#recorded.logits,
      descents.map(({ size, logits }) => tensor(logits, [size, size])),
    );
    const gradients = replay(this.#recorded.gradients, this.#ops, bindings);
    descents.forEach((descent, g) => {
      descend(descent, gradients[g]?.data ?? new Float64Array(), this.#stepSize);
    });
  }

  #judge(networks: Bindings, permutations: GroupPermutations): SinkhornMatch {
    const bindings = new Map(networks);
    bindEach(bindings, this.#recorded.relaxed, permutations.map(permutationMatrix));
    const values = JUDGED_AT[this.#kind].flatMap((lambda) => {
      bindings.set(this.#recorded.lambda, tensor(lambda));
      return replay([this.#recorded.value], this.#ops, bindings).flatMap(({ data }) => [...data]);
    });
    const objective = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { permutations, objective };
  }
}

/** One step of normalised gradient descent with momentum, in place. */
function descend({ logits, momentum }: Descent, gradient: Float64Array, stepSize: number): void {
  let squares = 0;
  for (let i = 0; i < momentum.length; i++) {
    momentum[i] = MOMENTUM * (momentum[i] as number) + (gradient[i] as number);
    squares += (momentum[i] as number) ** 2;
  }
  if (squares === 0) return;
  const scale = stepSize / Math.sqrt(squares / momentum.length);
  for (let i = 0; i < logits.length; i++) {
    logits[i] = (logits[i] as number) - scale * (momentum[i] as number);
  }
}

/** P with `P[i, permutation[i]] = 1`. */
function permutationMatrix(permutation: Int32Array): ReferenceTensor {
  const n = permutation.length;
  const matrix = new Float64Array(n * n);
  permutation.forEach((from, to) => (matrix[to * n + from] = 1));
  return tensor(matrix, [n, n]);
}

function samePermutations(a: GroupPermutations, b: GroupPermutations): boolean {
  return a.every((permutation, g) => permutation.every((from, to) => from === b[g]?.[to]));
}

function bindEach(
  bindings: Bindings,
  inputs: readonly Expression[],
  values: readonly ReferenceTensor[],
): void {
  inputs.forEach((input, index) => {
    const value = values[index];
    if (value !== undefined) bindings.set(input, value);
  });
}
