import { ensure } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { INPUT } from '../network/graph.js';
import { ensureWeights, networkOf } from '../network/network.js';
import { withInput } from '../network/resize.js';
import type { TensorSlot } from '../network/slots.js';

/** Mean μ and the leading K eigenpairs of the covariance `C = E Λ Eᵀ` of d standardised features. */
export interface InputMoments {
  /** μ, [d] */
  readonly mean: Float32Array;
  /** E, [d, K], row-major, with orthonormal columns. */
  readonly basis: Float32Array;
  /** The diagonal of Λ, [K], above 0. */
  readonly variances: Float32Array;
}

/**
 * A linear map between networks on d features and *reduced* networks on K white inputs
 * `x̃ = Λ^{-1/2} Eᵀ (x − μ)`, in whose coordinates two neurons are alike when they respond alike.
 *
 * What reads the features, `z = Wᵀx + b`, becomes `W̃ = Λ^{1/2} Eᵀ W`, `b̃ = b + Wᵀμ`, so that
 * `z = W̃ᵀx̃ + b̃` on all x that differ from μ along kept directions only, `‖w̃‖² = Var z`, and
 * −b̃/‖w̃‖ is a neuron's threshold in standard deviations. Back: `W = E Λ^{-1/2} W̃`,
 * `b = b̃ − Wᵀμ`. Symmetries of hidden neurons are those of the network.
 *
 * @see notation §11
 */
export class InputMetric {
  /** d */
  readonly features: number;
  /** K */
  readonly rank: number;
  readonly #roots: Float64Array;
  readonly #reduced = new WeakMap<Architecture, Architecture>();

  /** @throws WeightspringError `shape-mismatch` for lengths that do not belong together */
  constructor(readonly moments: InputMoments) {
    const { mean, basis, variances } = moments;
    this.features = mean.length;
    this.rank = variances.length;
    ensure(
      this.rank >= 1 && this.rank <= this.features && basis.length === this.features * this.rank,
      'shape-mismatch',
      () =>
        `expected a basis [d, K] of K ≤ d directions, got ${basis.length} numbers for d = ` +
        `${this.features} and K = ${this.rank}`,
    );
    this.#roots = Float64Array.from(variances, Math.sqrt);
  }

  /**
   * The architecture of the reduced networks: K inputs in place of d.
   *
   * @throws WeightspringError `unsupported-architecture` for other networks than those on d features
   */
  reducedArchitecture(arch: Architecture): Architecture {
    const known = this.#reduced.get(arch);
    if (known !== undefined) return known;
    const reduced = reducedArchitecture(arch, this.features, this.rank);
    this.#reduced.set(arch, reduced);
    return reduced;
  }

  /** The reduced network of flat weights, flat. @throws WeightspringError `shape-mismatch` */
  reduce(weights: ArrayLike<number>, arch: Architecture): Float32Array {
    ensureWeights(arch, weights);
    const { mean, basis } = this.moments;
    const [full, reduced] = [
      networkOf(arch).slots,
      networkOf(this.reducedArchitecture(arch)).slots,
    ];
    const result = copyOf(weights, full, reduced);
    this.#eachNeuron(full, reduced, (column, target, bias, reducedBias) => {
      const own = column.of(weights);
      const image = new Float64Array(this.rank);
      let shift = 0;
      for (let d = 0; d < this.features; d++) {
        const weight = own[d] as number;
        if (weight === 0) continue;
        shift += weight * (mean[d] as number);
        const row = d * this.rank;
        for (let k = 0; k < this.rank; k++) {
          image[k] = (image[k] as number) + weight * (basis[row + k] as number);
        }
      }
      for (let k = 0; k < this.rank; k++) {
        result[target.at(k)] = (image[k] as number) * (this.#roots[k] as number);
      }
      result[reducedBias] = (weights[bias] as number) + shift;
    });
    return result;
  }

  /** The network of a reduced one's flat weights, flat: the inverse on kept directions. */
  expand(weights: ArrayLike<number>, arch: Architecture): Float32Array {
    ensureWeights(this.reducedArchitecture(arch), weights);
    const { mean, basis } = this.moments;
    const [full, reduced] = [
      networkOf(arch).slots,
      networkOf(this.reducedArchitecture(arch)).slots,
    ];
    const result = copyOf(weights, reduced, full);
    this.#eachNeuron(full, reduced, (column, source, bias, reducedBias) => {
      const own = source.of(weights);
      for (let k = 0; k < this.rank; k++) own[k] = (own[k] as number) / (this.#roots[k] as number);
      let shift = 0;
      for (let d = 0; d < this.features; d++) {
        const weight = dot(own, basis, d * this.rank);
        result[column.at(d)] = weight;
        shift += weight * (mean[d] as number);
      }
      result[bias] = (weights[reducedBias] as number) - shift;
    });
    return result;
  }

  /**
   * White inputs `Λ^{-1/2} Eᵀ (x − μ)` of rows of features.
   *
   * @param rows - [n, d], row-major
   * @returns [n, K]
   */
  whiten(rows: ArrayLike<number>): Float32Array {
    const { mean, basis } = this.moments;
    const count = rows.length / this.features;
    const result = new Float32Array(count * this.rank);
    const image = new Float64Array(this.rank);
    for (let n = 0; n < count; n++) {
      image.fill(0);
      for (let d = 0; d < this.features; d++) {
        const value = (rows[n * this.features + d] as number) - (mean[d] as number);
        const row = d * this.rank;
        for (let k = 0; k < this.rank; k++) {
          image[k] = (image[k] as number) + value * (basis[row + k] as number);
        }
      }
      for (let k = 0; k < this.rank; k++) {
        result[n * this.rank + k] = (image[k] as number) / (this.#roots[k] as number);
      }
    }
    return result;
  }

  /**
   * The share of a network's input weights that lies outside the kept directions,
   * `‖(I − E Eᵀ) W‖ / ‖W‖` over all that reads the features: 0 for what the flow can make.
   */
  residual(weights: ArrayLike<number>, arch: Architecture): number {
    const reduced = this.reduce(weights, arch);
    const reducedSlots = networkOf(this.reducedArchitecture(arch)).slots;
    let [all, kept] = [0, 0];
    this.#eachNeuron(networkOf(arch).slots, reducedSlots, (column, source) => {
      for (const weight of column.of(weights)) all += weight ** 2;
      source.of(reduced).forEach((weight, k) => {
        kept += (weight / (this.#roots[k] as number)) ** 2;
      });
    });
    return all === 0 ? 0 : Math.sqrt(Math.max(0, all - kept) / all);
  }

  /** `log dV_w / dV_w̃ = −½ Σ_k log λ_k` for each neuron that reads the features. */
  logVolumeScale(arch: Architecture): number {
    const each = this.#roots.reduce((sum, root) => sum - Math.log(root), 0);
    const neurons = networkOf(arch).slots.filter(readsFeatures);
    return neurons.reduce((sum, { size }) => sum + (size / this.features) * each, 0);
  }

  /** Columns of all weights that read the features, in both layouts, with their biases. */
  #eachNeuron(
    full: readonly TensorSlot[],
    reduced: readonly TensorSlot[],
    visit: (column: Column, reducedColumn: Column, bias: number, reducedBias: number) => void,
  ): void {
    full.forEach((slot, tensor) => {
      if (!readsFeatures(slot)) return;
      const isBias = ({ node, role }: TensorSlot): boolean => node === slot.node && role === 'bias';
      const bias = full.find(isBias)?.offset ?? 0;
      const reducedBias = reduced.find(isBias)?.offset ?? 0;
      const narrow = reduced[tensor] as TensorSlot;
      const count = slot.size / this.features;
      for (let j = 0; j < count; j++) {
        visit(
          new Column(slot.offset + j, count, this.features),
          new Column(narrow.offset + j, count, this.rank),
          bias + j,
          reducedBias + j,
        );
      }
    });
  }
}

/**
 * What {@link InputMetric.reducedArchitecture} answers, for those who know d and K only.
 *
 * @throws WeightspringError `unsupported-architecture` for a network on other features, and for one
 * whose features go anywhere but into dense layers: nothing else takes a linear map
 */
export function reducedArchitecture(
  arch: Architecture,
  features: number,
  rank: number,
): Architecture {
  const { inputs, key, graph, neuronsOf, slots } = networkOf(arch);
  ensure(
    inputs === features,
    'unsupported-architecture',
    () => `expected a network on ${features} features, got ${key}`,
    'architecture.layers',
  );
  ensure(
    graph.input.length === 1 &&
      graph.nodes.every(({ id }) => neuronsOf.get(id) !== INPUT) &&
      slots.filter(readsFeatures).every(({ shape }) => shape.length === 2),
    'unsupported-architecture',
    () => `expected features that only dense layers read, which have an input metric, got ${key}`,
    'architecture.nodes',
  );
  return withInput(arch, [rank]);
}

const readsFeatures = ({ from }: TensorSlot): boolean => from === INPUT;

/** `Σ_k a_k b_{start + k}` in four sums, which do not wait for each other. */
function dot(a: Float64Array, b: Float32Array, start: number): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  const whole = a.length - (a.length % 4);
  for (let k = 0; k < whole; k += 4) {
    first += (a[k] as number) * (b[start + k] as number);
    second += (a[k + 1] as number) * (b[start + k + 1] as number);
    third += (a[k + 2] as number) * (b[start + k + 2] as number);
    fourth += (a[k + 3] as number) * (b[start + k + 3] as number);
  }
  for (let k = whole; k < a.length; k++) first += (a[k] as number) * (b[start + k] as number);
  return first + second + third + fourth;
}

/** One column of a row-major matrix within flat weights. */
class Column {
  constructor(
    private readonly start: number,
    private readonly stride: number,
    private readonly length: number,
  ) {}

  at(index: number): number {
    return this.start + index * this.stride;
  }

  of(weights: ArrayLike<number>): Float64Array {
    return Float64Array.from(
      { length: this.length },
      (_, index) => weights[this.at(index)] as number,
    );
  }
}

/** The tensors that both layouts have alike; the others stay zero. */
function copyOf(
  weights: ArrayLike<number>,
  from: readonly TensorSlot[],
  to: readonly TensorSlot[],
): Float32Array {
  const result = new Float32Array(to.reduce((sum, { size }) => sum + size, 0));
  from.forEach((slot, tensor) => {
    const target = to[tensor] as TensorSlot;
    if (slot.size !== target.size || readsFeatures(slot)) return;
    for (let i = 0; i < slot.size; i++) {
      result[target.offset + i] = weights[slot.offset + i] as number;
    }
  });
  return result;
}
