import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import type { TensorSlot } from '../network/slots.js';
import { permutationSpec, type PermutationSpec } from '../network/permutation-spec.js';
import { ensure } from '../errors.js';
import { assertFinite } from '../geometry/assert-finite.js';
import type { Random } from '../random.js';
import { AssignmentSolver } from './linear-assignment.js';

/** An improvement below this fraction of the objective's scale is rounding, not progress. */
const RELATIVE_GAIN = 1e-12;

export interface WeightMatchingOptions {
  /** Default: that of a multi-layer perceptron. */
  readonly spec?: PermutationSpec;
  /** Passes over all groups at most; one hidden layer needs only one. Default 100. */
  readonly maxSweeps?: number;
  /** Shuffles the order of the groups in every sweep. Default: in order, from the input. */
  readonly random?: Random;
  /**
   * One factor s_t per tensor, in flat order: networks are compared as if tensor t were multiplied
   * by s_t, so that distances are those of standardised coordinates. Default: all 1.
   */
  readonly scales?: readonly number[];
}

export interface WeightMatch {
  /** One per group of the spec: feed them to `permuteNeurons`. */
  readonly permutations: readonly Int32Array[];
  /** Σ_t s_t² ⟨reference_t, permuted_t⟩, the quantity that is maximised. */
  readonly objective: number;
  /** The objective before the first sweep and after each. */
  readonly trace: readonly number[];
  /** The permuted network, flat; overwritten by the next call of the same matcher. */
  readonly aligned: Float64Array;
}

/**
 * Weight matching: permutes the hidden neurons of `network` to be as near `reference` as possible.
 *
 * Coordinate descent over the groups; each step maximises a linear assignment on
 * `W_lᵀ(ref) W_l + b_l(ref) b_lᵀ + W_{l+1}(ref) W_{l+1}ᵀ` with the neighbours as currently permuted,
 * so the objective never falls. Exact for one hidden layer, a local optimum for more.
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

/** A tensor seen from one of its axes: `[outer, n, inner]`, row-major. */
interface AxisView {
  readonly offset: number;
  readonly outer: number;
  readonly inner: number;
  /** s_t². */
  readonly factor: number;
}

interface GroupPlan {
  readonly size: number;
  readonly views: readonly AxisView[];
}

/** {@link matchWeights} for many pairs of one architecture: all working memory is reused. */
export class WeightMatcher {
  readonly #groups: readonly GroupPlan[];
  readonly #tensors: readonly AxisView[];
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
    const layout = networkOf(arch).slots;
    const { spec = permutationSpec(arch), maxSweeps = 100, scales } = options;
    ensure(
      scales === undefined || scales.length === layout.length,
      'invalid-argument',
      () =>
        `expected ${String(layout.length)} scales, one per tensor, got ${String(scales?.length)}`,
    );
    const factors = layout.map((_, index) => (scales?.[index] ?? 1) ** 2);
    this.#groups = spec.groups.map(({ name, size }) => ({
      size,
      views: layout.flatMap((slot, index) => axisViews(slot, spec, name, factors[index] ?? 1)),
    }));
    this.#tensors = layout.map(({ offset, size }, index) => ({
      offset,
      outer: 1,
      inner: size,
      factor: factors[index] ?? 1,
    }));
    this.#maxSweeps = maxSweeps;
    this.#random = options.random;
    const largest = spec.groups.reduce((max, { size }) => Math.max(max, size), 0);
    this.#solver = new AssignmentSolver(largest);
    this.#reference = new Float64Array(networkOf(arch).parameters);
    this.#current = new Float64Array(networkOf(arch).parameters);
    this.#gram = new Float64Array(largest * largest);
    this.#line = new Float64Array(
      this.#groups.reduce(
        (max, { size, views }) => views.reduce((m, { inner }) => Math.max(m, size * inner), max),
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
    const trace = [this.#objective()];
    for (let sweep = 0; sweep < this.#maxSweeps; sweep++) {
      const gain = this.#sweep(permutations);
      if (gain === 0) break;
      trace.push(this.#objective());
      if (this.#groups.length === 1) break;
    }
    return { permutations, objective: trace.at(-1) ?? 0, trace, aligned: this.#current };
  }

  #objective(): number {
    return this.#tensors.reduce((total, { offset, inner, factor }) => {
      let dot = 0;
      for (let i = offset; i < offset + inner; i++) {
        dot += (this.#reference[i] as number) * (this.#current[i] as number);
      }
      return total + factor * dot;
    }, 0);
  }

  /** Improves every group once and returns by how much in total. */
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

  /** Maximises over one group; moves its neurons and returns the gain where there is one. */
  #step({ size, views }: GroupPlan, permutation: Int32Array): number {
    const gram = this.#gram.fill(0, 0, size * size);
    for (const view of views) accumulateGram(this.#reference, this.#current, view, size, gram);
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
    const gain = after - before;
    if (gain <= RELATIVE_GAIN * scale) return 0;
    for (const view of views) this.#gather(view, gather, size);
    permutation.set(gather.map((from) => permutation[from] as number));
    return gain;
  }

  /** Reorders an axis of the current network: new line i is old line `gather[i]`. */
  #gather({ offset, outer, inner }: AxisView, gather: Int32Array, size: number): void {
    const current = this.#current;
    const line = this.#line;
    const block = size * inner;
    for (let o = 0, start = offset; o < outer; o++, start += block) {
      for (let i = 0; i < block; i++) line[i] = current[start + i] as number;
      for (let i = 0; i < size; i++) {
        const to = start + i * inner;
        const from = (gather[i] as number) * inner;
        for (let k = 0; k < inner; k++) current[to + k] = line[from + k] as number;
      }
    }
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

/** The axes of a tensor that follow a group. */
function axisViews(
  { name, shape, offset }: TensorSlot,
  { axes }: PermutationSpec,
  group: string,
  factor: number,
): readonly AxisView[] {
  const following = (axes.get(name) ?? []).flatMap((follows, axis) =>
    follows === group ? [axis] : [],
  );
  ensure(
    following.length <= 1,
    'unsupported-architecture',
    () =>
      `tensor ${name} has two axes in group ${group}: ` +
      'its matching is quadratic in one permutation, which linear assignments do not solve',
  );
  const product = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);
  return following.map((axis) => ({
    offset,
    outer: product(shape.slice(0, axis)),
    inner: product(shape.slice(axis + 1)),
    factor,
  }));
}

/** Adds `s² Σ_{o,k} a[o, i, k] b[o, j, k]` to `gram[i, j]`. */
function accumulateGram(
  a: Float64Array,
  b: Float64Array,
  { offset, outer, inner, factor }: AxisView,
  size: number,
  gram: Float64Array,
): void {
  const block = size * inner;
  for (let o = 0, start = offset; o < outer; o++, start += block) {
    for (let i = 0; i < size; i++) {
      const row = start + i * inner;
      const to = i * size;
      if (inner === 1) {
        // A rank-one update: the usual case of incoming weights and biases.
        const scaled = factor * (a[row] as number);
        for (let j = 0; j < size; j++) {
          gram[to + j] = (gram[to + j] as number) + scaled * (b[start + j] as number);
        }
        continue;
      }
      for (let j = 0, other = start; j < size; j++, other += inner) {
        let dot = 0;
        for (let k = 0; k < inner; k++) {
          dot += (a[row + k] as number) * (b[other + k] as number);
        }
        gram[to + j] = (gram[to + j] as number) + factor * dot;
      }
    }
  }
}
