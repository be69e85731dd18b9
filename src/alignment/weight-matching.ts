import { ensure } from '../errors.js';
import { assertFinite } from '../geometry/assert-finite.js';
import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { permutationSpec, type PermutationSpec } from '../network/permutation-spec.js';
import { invertPermutation } from '../network/permute.js';
import type { Random } from '../random.js';
import { AssignmentSolver } from './linear-assignment.js';
import {
  accumulateGram,
  gatherAxis,
  planGroups,
  type GroupAxis,
  type GroupPlan,
  type TensorPlan,
} from './matching-plan.js';

/** An improvement below this fraction of the objective's scale is rounding, not progress. */
const RELATIVE_GAIN = 1e-12;

export interface WeightMatchingOptions {
  /** Default: every group of the architecture. */
  readonly spec?: PermutationSpec;
  /** Most passes over all groups; a single hidden layer needs only one. Default 100. */
  readonly maxSweeps?: number;
  /** Shuffles the order of the groups in every sweep. Default: in their order. */
  readonly random?: Random;
  /**
   * One factor s_t per tensor, in flat order: networks are compared as if tensor t were multiplied
   * by s_t, for distances in standardised coordinates. Default: all 1.
   */
  readonly scales?: readonly number[];
}

export interface WeightMatch {
  /** One per group of the spec: for `permuteNeurons`. */
  readonly permutations: readonly Int32Array[];
  /** The maximised quantity, Σ_t s_t² ⟨reference_t, permuted_t⟩. */
  readonly objective: number;
  /** The objective before the first sweep and after each. */
  readonly trace: readonly number[];
  /** The permuted network, flat; overwritten by the next call of the same matcher. */
  readonly aligned: Float64Array;
}

/**
 * Weight matching: permutes the hidden neurons of `network` to bring it as close to `reference` as
 * possible.
 *
 * Coordinate ascent over the groups; each step solves a linear assignment on
 * `W_lᵀ(ref) W_l + b_l(ref) b_lᵀ + W_{l+1}(ref) W_{l+1}ᵀ` with the neighbours as currently
 * permuted, in general on the sum of such terms over all axes that follow the group. Exact for one
 * hidden layer, a local optimum for more.
 *
 * Where both axes of a tensor follow one group (a layer from a residual group to itself), the
 * objective is quadratic in its permutation. Its linear part at the current permutation then
 * proposes a step, which is taken only if it improves the objective: the objective never decreases.
 *
 * @param reference - flat weights
 * @param network - flat weights of the same architecture
 * @throws WeightspringError `shape-mismatch` when lengths do not fit, `invalid-argument` when
 * weights are not finite
 * @see Ainsworth et al. 2023, "Git Re-Basin", algorithm 1
 *
 * @example
 * const { permutations } = matchWeights(reference, network, arch);
 * const aligned = permuteNeurons(network, arch, permutationSpec(arch), permutations);
 */
export function matchWeights(
  reference: ArrayLike<number>,
  network: ArrayLike<number>,
  arch: Architecture,
  options: WeightMatchingOptions = {},
): WeightMatch {
  return new WeightMatcher(arch, options).match(reference, network);
}

/** {@link matchWeights} for many pairs of one architecture, reusing its working memory. */
export class WeightMatcher {
  readonly #groups: readonly GroupPlan[];
  readonly #tensors: readonly TensorPlan[];
  readonly #maxSweeps: number;
  readonly #random: Random | undefined;
  readonly #solver: AssignmentSolver;
  readonly #reference: Float64Array;
  readonly #current: Float64Array;
  readonly #gram: Float64Array;
  readonly #line: Float64Array;
  readonly #order: Int32Array;

  /** @throws WeightspringError `invalid-argument` when `scales` do not fit the architecture */
  constructor(arch: Architecture, options: WeightMatchingOptions = {}) {
    const { slots, parameters } = networkOf(arch);
    const { spec = permutationSpec(arch), maxSweeps = 100, scales } = options;
    ensure(
      scales === undefined || scales.length === slots.length,
      'invalid-argument',
      () =>
        `expected ${String(slots.length)} scales, one per tensor, got ${String(scales?.length)}`,
    );
    this.#tensors = slots.map(({ offset, size }, index) => ({
      offset,
      size,
      factor: (scales?.[index] ?? 1) ** 2,
    }));
    this.#groups = planGroups(spec, slots, this.#tensors);
    this.#maxSweeps = maxSweeps;
    this.#random = options.random;
    const largest = spec.groups.reduce((max, { size }) => Math.max(max, size), 0);
    this.#solver = new AssignmentSolver(largest);
    this.#reference = new Float64Array(parameters);
    this.#current = new Float64Array(parameters);
    this.#gram = new Float64Array(largest * largest);
    this.#line = new Float64Array(
      this.#groups.reduce(
        (max, { size, axes }) => axes.reduce((m, { inner }) => Math.max(m, size * inner), max),
        0,
      ),
    );
    this.#order = Int32Array.from(spec.groups, (_, index) => index);
  }

  /**
   * @param reference - flat weights
   * @param network - flat weights of the same architecture
   * @throws WeightspringError as {@link matchWeights}
   */
  match(reference: ArrayLike<number>, network: ArrayLike<number>): WeightMatch {
    load(this.#reference, reference);
    load(this.#current, network);
    const permutations = this.#groups.map(({ size }) =>
      Int32Array.from({ length: size }, (_, i) => i),
    );
    const isExact = this.#groups.length === 1 && this.#groups[0]?.isQuadratic === false;
    const trace = [this.#objective(this.#tensors)];
    for (let sweep = 0; sweep < this.#maxSweeps; sweep++) {
      const gain = this.#sweep(permutations);
      if (gain === 0) break;
      trace.push(this.#objective(this.#tensors));
      if (isExact) break;
    }
    return { permutations, objective: trace.at(-1) ?? 0, trace, aligned: this.#current };
  }

  /** The objective over some tensors. */
  #objective(tensors: readonly TensorPlan[]): number {
    return tensors.reduce((total, { offset, size, factor }) => {
      let dot = 0;
      for (let i = offset; i < offset + size; i++) {
        dot += (this.#reference[i] as number) * (this.#current[i] as number);
      }
      return total + factor * dot;
    }, 0);
  }

  /** Improves every group once and returns the total gain. */
  #sweep(permutations: readonly Int32Array[]): number {
    const order = this.#random?.permutation(this.#order.length) ?? this.#order;
    let gain = 0;
    for (const index of order) {
      const group = this.#groups[index];
      const permutation = permutations[index];
      if (group !== undefined && permutation !== undefined) gain += this.#step(group, permutation);
    }
    return gain;
  }

  /** Improves one group if it can, moving its neurons, and returns the gain. */
  #step({ size, axes, tensors, isQuadratic }: GroupPlan, permutation: Int32Array): number {
    const gram = this.#gram.fill(0, 0, size * size);
    for (const axis of axes) accumulateGram(this.#reference, this.#current, axis, gram);
    const gather = this.#solver.solve(gram, size, { maximize: true });
    let before = 0;
    let after = 0;
    let scale = 0;
    for (let i = 0; i < size; i++) {
      const stay = gram[i * size + i] as number;
      const move = gram[i * size + (gather[i] as number)] as number;
      before += stay;
      after += move;
      scale += Math.abs(stay) + Math.abs(move);
    }
    const threshold = RELATIVE_GAIN * scale;
    const proposed = after - before;
    if (proposed <= threshold) return 0;
    const objective = isQuadratic ? this.#objective(tensors) : 0;
    this.#move(axes, gather);
    const gain = isQuadratic ? this.#objective(tensors) - objective : proposed;
    if (gain <= threshold) {
      this.#move(axes, invertPermutation(gather));
      return 0;
    }
    permutation.set(gather.map((from) => permutation[from] as number));
    return gain;
  }

  #move(axes: readonly GroupAxis[], gather: Int32Array): void {
    for (const axis of axes) gatherAxis(this.#current, axis, gather, this.#line);
  }
}

function load(target: Float64Array, weights: ArrayLike<number>): void {
  ensure(
    weights.length === target.length,
    'shape-mismatch',
    () => `expected ${String(target.length)} weights, got ${String(weights.length)}`,
  );
  target.set(weights);
  assertFinite(target, 'the weights');
}
