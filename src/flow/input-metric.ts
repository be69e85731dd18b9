import { ensure } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { ensureWeights, networkOf } from '../network/network.js';
import type { TensorSlot } from '../network/slots.js';
import { PrincipalDirections } from './principal-directions.js';
import { readsFeatures, reducedArchitecture } from './reduced-architecture.js';

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
  readonly #directions: PrincipalDirections;
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
    this.#directions = new PrincipalDirections(basis, this.rank);
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
    const { full, reduced } = this.#slots(arch);
    const result = copyOf(weights, full, reduced);
    for (const { wide, narrow, neurons, bias, reducedBias } of this.#readers(arch)) {
      const own = new Float64Array(wide.size);
      for (let i = 0; i < own.length; i++) own[i] = weights[wide.offset + i] as number;
      const image = this.#directions.coordinates(own);
      this.#roots.forEach((root, k) => {
        const [from, to] = [k * neurons, narrow.offset + k * neurons];
        for (let j = 0; j < neurons; j++) result[to + j] = (image[from + j] as number) * root;
      });
      this.#responsesToMean(own).forEach((shift, j) => {
        result[reducedBias + j] = (weights[bias + j] as number) + shift;
      });
    }
    return result;
  }

  /** The network of a reduced one's flat weights, flat: the inverse on kept directions. */
  expand(weights: ArrayLike<number>, arch: Architecture): Float32Array {
    ensureWeights(this.reducedArchitecture(arch), weights);
    const { full, reduced } = this.#slots(arch);
    const result = copyOf(weights, reduced, full);
    for (const { wide, narrow, neurons, bias, reducedBias } of this.#readers(arch)) {
      const own = new Float64Array(narrow.size);
      this.#roots.forEach((root, k) => {
        const [from, to] = [narrow.offset + k * neurons, k * neurons];
        for (let j = 0; j < neurons; j++) own[to + j] = (weights[from + j] as number) / root;
      });
      const expanded = this.#directions.combinations(own);
      result.set(expanded, wide.offset);
      this.#responsesToMean(expanded).forEach((shift, j) => {
        result[bias + j] = (weights[reducedBias + j] as number) - shift;
      });
    }
    return result;
  }

  /**
   * White inputs `Λ^{-1/2} Eᵀ (x − μ)` of rows of features.
   *
   * @param rows - [n, d], row-major
   * @returns [n, K]
   */
  whiten(rows: ArrayLike<number>): Float32Array {
    const result = new Float32Array((rows.length / this.features) * this.rank);
    this.#directions.project(rows, this.moments.mean, (products, row) => {
      const start = row * this.rank;
      for (let i = 0; i < products.length; i += this.rank) {
        for (let k = 0; k < this.rank; k++) {
          result[start + i + k] = (products[i + k] as number) / (this.#roots[k] as number);
        }
      }
    });
    return result;
  }

  /**
   * The share of a network's input weights that lies outside the kept directions,
   * `‖(I − E Eᵀ) W‖ / ‖W‖` over all that reads the features: 0 for what the flow can make.
   */
  residual(weights: ArrayLike<number>, arch: Architecture): number {
    const reduced = this.reduce(weights, arch);
    let [all, kept] = [0, 0];
    for (const { wide, narrow, neurons } of this.#readers(arch)) {
      for (let j = 0; j < neurons; j++) {
        for (let d = 0; d < this.features; d++) {
          all += (weights[wide.offset + d * neurons + j] as number) ** 2;
        }
        for (let k = 0; k < this.rank; k++) {
          const weight = reduced[narrow.offset + k * neurons + j] as number;
          kept += (weight / (this.#roots[k] as number)) ** 2;
        }
      }
    }
    return all === 0 ? 0 : Math.sqrt(Math.max(0, all - kept) / all);
  }

  /** `log dV_w / dV_w̃ = −½ Σ_k log λ_k` for each neuron that reads the features. */
  logVolumeScale(arch: Architecture): number {
    const each = this.#roots.reduce((sum, root) => sum - Math.log(root), 0);
    const neurons = networkOf(arch).slots.filter(readsFeatures);
    return neurons.reduce((sum, { size }) => sum + (size / this.features) * each, 0);
  }

  /** `Wᵀμ` of W `[d, n]`: [n]. */
  #responsesToMean(w: Float64Array): Float64Array {
    const { mean } = this.moments;
    const columns = w.length / this.features;
    const sums = new Float64Array(columns);
    for (let d = 0; d < this.features; d++) {
      for (let j = 0; j < columns; j++) {
        sums[j] = (sums[j] as number) + (w[d * columns + j] as number) * (mean[d] as number);
      }
    }
    return sums;
  }

  #slots(arch: Architecture): {
    readonly full: readonly TensorSlot[];
    readonly reduced: readonly TensorSlot[];
  } {
    return {
      full: networkOf(arch).slots,
      reduced: networkOf(this.reducedArchitecture(arch)).slots,
    };
  }

  /** All weights that read the features. */
  #readers(arch: Architecture): readonly Reader[] {
    const { full, reduced } = this.#slots(arch);
    return full.flatMap((wide, tensor) => {
      if (!readsFeatures(wide)) return [];
      const isBias = ({ node, role }: TensorSlot): boolean => node === wide.node && role === 'bias';
      return {
        wide,
        narrow: reduced[tensor] as TensorSlot,
        neurons: wide.size / this.features,
        bias: full.find(isBias)?.offset ?? 0,
        reducedBias: reduced.find(isBias)?.offset ?? 0,
      };
    });
  }
}

/** A weight that reads the features, in both layouts, and where the biases of its neurons are. */
interface Reader {
  /** [d, neurons] */
  readonly wide: TensorSlot;
  /** [K, neurons] */
  readonly narrow: TensorSlot;
  readonly neurons: number;
  readonly bias: number;
  readonly reducedBias: number;
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
