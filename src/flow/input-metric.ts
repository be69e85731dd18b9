import { ensure } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { ensureWeights, networkOf } from '../network/network.js';
import type { TensorSlot } from '../network/slots.js';
import { PrincipalDirections } from './principal-directions.js';
import { patchesOf, patchSize, type ImagePatches } from './image-patches.js';
import { readsFeatures } from './reads-features.js';
import { featuresOf, reducedArchitecture, whiteShape } from './reduced-architecture.js';

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
 * `x̃ = Λ^{-1/2} Eᵀ (x − μ)`, in whose coordinates neurons that respond alike are close together.
 *
 * What reads the features, `z = Wᵀx + b`, becomes `W̃ = Λ^{1/2} Eᵀ W`, `b̃ = b + Wᵀμ`, so that
 * `z = W̃ᵀx̃ + b̃` for all x that differ from μ only along kept directions, `‖w̃‖² = Var z`, and
 * −b̃/‖w̃‖ is a neuron's threshold in standard deviations. Back: `W = E Λ^{-1/2} W̃`,
 * `b = b̃ − Wᵀμ`. The symmetries of hidden neurons stay the same.
 *
 * Of images, x is a patch: the reduced network reads white patches as places of an image with K
 * channels, through kernels of 1×1.
 *
 * @see notation §11
 */
export class InputMetric {
  /** d */
  readonly features: number;
  /** K */
  readonly rank: number;
  /** Numbers per row of the networks that it reduces: d, or those of an image. */
  readonly rowFeatures: number;
  /** Numbers per row of white inputs. */
  readonly whiteFeatures: number;
  readonly #roots: Float64Array;
  readonly #directions: PrincipalDirections;
  readonly #reduced = new WeakMap<Architecture, Architecture>();

  /**
   * @param patches - of images whose patches have these moments. Default: rows have them
   * @throws WeightspringError `shape-mismatch` for inconsistent lengths
   */
  constructor(
    readonly moments: InputMoments,
    readonly patches?: ImagePatches,
  ) {
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
    ensure(
      patches === undefined || patchSize(patches) === this.features,
      'shape-mismatch',
      () =>
        `expected moments of patches of ${patches && patchSize(patches)} numbers, got ${this.features}`,
    );
    this.rowFeatures = featuresOf(this);
    this.whiteFeatures = whiteShape(this).reduce((product, side) => product * side);
    this.#roots = Float64Array.from(variances, Math.sqrt);
    this.#directions = new PrincipalDirections(basis, this.rank);
  }

  /**
   * The architecture of the reduced networks: K inputs in place of d.
   *
   * @throws WeightspringError `unsupported-architecture` for a network that does not take d
   * features
   */
  reducedArchitecture(arch: Architecture): Architecture {
    const known = this.#reduced.get(arch);
    if (known !== undefined) return known;
    const reduced = reducedArchitecture(arch, this);
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

  /** The network of the flat weights of a reduced one, flat: the inverse on kept directions. */
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
   * @param rows - [n, d], or images, row-major
   * @returns [n, K], or [n, K, …] with one place per patch
   */
  whiten(rows: ArrayLike<number>): Float32Array {
    if (this.patches === undefined) return this.#white(rows);
    const white = this.#white(patchesOf(rows, this.patches));
    return channelsFirst(white, this.rank, this.whiteFeatures / this.rank);
  }

  /** [n, d] → [n, K] */
  #white(rows: ArrayLike<number>): Float32Array {
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
   * `‖(I − E Eᵀ) W‖ / ‖W‖` over all weights that read the features: 0 for networks that the flow
   * can generate.
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

/**
 * A weight that reads the features, in both layouts, and the position of the biases of its neurons.
 */
interface Reader {
  /** [d, neurons] */
  readonly wide: TensorSlot;
  /** [K, neurons] */
  readonly narrow: TensorSlot;
  readonly neurons: number;
  readonly bias: number;
  readonly reducedBias: number;
}

/** Copies the tensors that are equal in both layouts; the others stay zero. */
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

/** `[n, places, channels]` → `[n, channels, places]`. */
function channelsFirst(values: Float32Array, channels: number, places: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += channels * places) {
    for (let place = 0; place < places; place++) {
      for (let k = 0; k < channels; k++) {
        result[start + k * places + place] = values[start + place * channels + k] as number;
      }
    }
  }
  return result;
}
