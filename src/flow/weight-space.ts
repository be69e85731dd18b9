import {
  architectureKey,
  parameterCount,
  tensorLayout,
  type Architecture,
  type TensorSlot,
} from '../architecture/architecture.js';
import { ensure } from '../errors.js';
import type { HostTensor } from '../ops/host-tensor.js';
import { tensorScales, type TensorScales } from './tensor-scales.js';

/** A batch of points of one architecture: one tensor per coordinate block, batch axis first. */
export type HostPoint = readonly HostTensor[];

/**
 * The Euclidean weight space of one architecture in standardised coordinates, `x = w / s` with one
 * scale s per tensor: there the prior is the standard normal distribution.
 */
export class WeightSpace {
  readonly #layout: readonly TensorSlot[];
  readonly scales: readonly number[];

  /** @throws WeightspringError `unsupported-architecture` for a depth without scales */
  constructor(
    readonly architecture: Architecture,
    scales: TensorScales,
  ) {
    this.#layout = tensorLayout(architecture);
    this.scales = tensorScales(scales, architecture);
  }

  /** Number of coordinates of one point. */
  get dimension(): number {
    return parameterCount(this.architecture);
  }

  /**
   * The coordinates of a network, flat.
   *
   * @param weights - flat weights
   * @throws WeightspringError `shape-mismatch` for a network of another size
   */
  standardise(weights: ArrayLike<number>): Float32Array {
    this.#ensureSize(weights);
    const coordinates = new Float32Array(this.dimension);
    this.#layout.forEach(({ offset, size }, tensor) => {
      const scale = this.scales[tensor] as number;
      for (let i = offset; i < offset + size; i++) coordinates[i] = (weights[i] as number) / scale;
    });
    return coordinates;
  }

  /** The inverse of {@link standardise}, for every network of a batch: flat weights. */
  decode(point: HostPoint): readonly Float32Array[] {
    const batch = point[0]?.shape[0] ?? 0;
    return Array.from({ length: batch }, (_, row) => {
      const weights = new Float32Array(this.dimension);
      this.#layout.forEach(({ offset, size }, tensor) => {
        const { data } = point[tensor] as HostTensor;
        const scale = this.scales[tensor] as number;
        const start = row * size - offset;
        for (let i = offset; i < offset + size; i++) {
          weights[i] = (data[start + i] as number) * scale;
        }
      });
      return weights;
    });
  }

  /**
   * Flat coordinates, one vector per network, as a batch of points.
   *
   * @throws WeightspringError `shape-mismatch` for a vector of another size
   */
  pack(coordinates: readonly ArrayLike<number>[]): HostPoint {
    for (const vector of coordinates) this.#ensureSize(vector);
    return this.#layout.map(({ shape, offset, size }) => {
      const data = new Float32Array(coordinates.length * size);
      coordinates.forEach((vector, row) => {
        const start = row * size;
        for (let i = 0; i < size; i++) data[start + i] = vector[offset + i] as number;
      });
      return { shape: [coordinates.length, ...shape], data };
    });
  }

  #ensureSize({ length }: ArrayLike<number>): void {
    ensure(
      length === this.dimension,
      'shape-mismatch',
      () =>
        `expected ${this.dimension} numbers for ${architectureKey(this.architecture)}, got ${length}`,
    );
  }
}
