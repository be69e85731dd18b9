import { architectureFields } from '../network/architecture-fields.js';
import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { networkLayout, type PointLayout } from '../network/point-layout.js';
import type { TensorSlot } from '../network/slots.js';
import {
  canonicalForm,
  ensureScaleSymmetry,
  fromCanonicalForm,
} from '../alignment/canonical-form.js';
import { ensure, WeightspringError } from '../errors.js';
import { assertFinite } from '../geometry/assert-finite.js';
import type { Manifold } from '../geometry/manifold.js';
import type { HostTensor } from '../ops/host-tensor.js';
import type { Random } from '../random.js';
import type { Coordinates } from './coordinates.js';
import { isCanonical, pointGeometry, type FlowGeometry } from './geometry.js';
import type { InputMetric } from './input-metric.js';
import { logScaleMoments } from './log-scale.js';
import { deviationsOf } from './matched-prior.js';
import {
  projectSpheres,
  sphereBlocks,
  squaredGeodesicDistance,
  type SphereBlock,
} from './sphere-blocks.js';
import { tensorScales } from './tensor-scales.js';

/** A batch of points of one architecture: one tensor per coordinate block, batch axis first. */
export type HostPoint = readonly HostTensor[];

type Block = Pick<TensorSlot, 'shape' | 'offset' | 'size'>;

/**
 * The weight space of one architecture in the coordinates of a flow. Where the flow has an input
 * metric, w are the weights of the reduced network.
 *
 * - Euclidean: `x = w / s`, one scale s per tensor; the prior is the standard normal distribution.
 * - Normalized and Geometric: the canonical form with its spheres blown up to unit variance,
 *   `x = w √fanIn`, biases divided by their scale, and as last coordinate the log of the last
 *   layer's scale, standardised; the prior is uniform on the spheres and standard normal elsewhere.
 *
 * A matched prior multiplies the noise by σ, coordinate by coordinate, before it is projected.
 *
 * @see notation §4, §5
 */
export class WeightSpace {
  readonly geometry: FlowGeometry;
  readonly layout: PointLayout<number>;
  readonly #blocks: readonly Block[];
  /** `w = x · scale` for every tensor of the architecture. */
  readonly #scales: readonly number[];
  /** Moments of the log scale; null without canonical form. */
  readonly #logScale: { readonly mean: number; readonly std: number } | null;
  /** None without canonical form. */
  readonly #spheres: readonly SphereBlock[];
  /** Of the points: that of the reduced networks where there is an input metric. */
  readonly architecture: Architecture;
  /** σ of the noise, flat; null where it is 1 throughout. */
  readonly deviations: Float32Array | null;
  readonly #metric: InputMetric | undefined;

  /**
   * @param network - of the networks that the points are coordinates of
   * @throws WeightspringError `unsupported-architecture` for a family without scales, for another
   * activation than relu where the points are canonical forms, and in the Geometric flow for a
   * neuron with one input: its sphere is {−1, 1}, and no path leads from one point to the other
   */
  constructor(
    readonly network: Architecture,
    { geometry, scales, logScales, inputMetric, deviations }: Coordinates,
  ) {
    const architecture = inputMetric?.reducedArchitecture(network) ?? network;
    this.architecture = architecture;
    this.#metric = inputMetric;
    this.geometry = geometry;
    this.layout = networkLayout(architecture, isCanonical(geometry));
    const layout = networkOf(architecture).slots;
    const fitted = tensorScales(scales, architecture);
    if (isCanonical(geometry)) {
      ensureScaleSymmetry(architecture);
      this.#logScale = logScaleMoments(logScales, architecture);
      this.#blocks = [
        ...layout,
        { shape: [1], offset: networkOf(architecture).parameters, size: 1 },
      ];
      this.#scales = layout.map(({ sphere, fanIn }, tensor) =>
        sphere === null ? (fitted[tensor] as number) : 1 / Math.sqrt(fanIn),
      );
      this.#spheres = sphereBlocks(architecture);
      ensure(
        geometry !== 'geometric' || this.#spheres.every(({ size }) => size > 1),
        'unsupported-architecture',
        () =>
          `expected neurons with two inputs or more, got ${networkOf(architecture).key}: ` +
          'no path of a Geometric flow changes the sign of a single weight',
        architectureFields(architecture).whole,
      );
    } else {
      this.#logScale = null;
      this.#blocks = layout;
      this.#scales = fitted;
      this.#spheres = [];
    }
    this.deviations =
      deviations === undefined ? null : deviationsOf(deviations, architecture, this.layout.tensors);
  }

  /** Number of coordinates of one point. */
  get dimension(): number {
    return networkOf(this.architecture).parameters + (this.#logScale === null ? 0 : 1);
  }

  /** Dimension of the manifold that the path runs on. */
  get manifoldDimension(): number {
    return this.#dimensions().reduce((sum, dimension) => sum + dimension, 0);
  }

  /**
   * `log dV_w / dV_x`, how much the map from coordinates to weights stretches volumes: of a
   * Euclidean flow `Σ size · log s`. Of a Geometric one it leads to the canonical form, with its
   * spheres of radius 1 and √C and the log scale as the last coordinate.
   */
  get logVolumeScale(): number {
    const scales = this.#logScale === null ? this.#scales : [...this.#scales, this.#logScale.std];
    // Of a canonical form it is the reduced network that has a density.
    const metric = this.#logScale === null ? (this.#metric?.logVolumeScale(this.network) ?? 0) : 0;
    return this.#dimensions().reduce(
      (sum, dimension, tensor) => sum + dimension * Math.log(scales[tensor] as number),
      metric,
    );
  }

  /**
   * What decoding multiplies coordinates by, one number per tensor, then the mean of the log scale
   * (0 without one).
   */
  get decodingScales(): Float32Array {
    return Float32Array.from(
      this.#logScale === null
        ? [...this.#scales, 0]
        : [...this.#scales, this.#logScale.std, this.#logScale.mean],
    );
  }

  /** A sample of the prior, flat coordinates. */
  prior(random: Random): Float32Array {
    const noise = random.normals(this.dimension);
    this.deviations?.forEach((deviation, k) => {
      noise[k] = deviation * (noise[k] as number);
    });
    projectSpheres(noise, this.#spheres);
    return noise;
  }

  /** Squared length of the path between two points: geodesic for the Geometric flow, else straight. */
  squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
    return squaredGeodesicDistance(a, b, this.geometry === 'geometric' ? this.#spheres : []);
  }

  /**
   * The coordinates of a network, flat.
   *
   * @param weights - flat weights
   * @throws WeightspringError `shape-mismatch` for a network of another size, `invalid-argument` for
   * weights that are not finite, and as {@link canonicalForm}
   */
  standardise(weights: ArrayLike<number>): Float32Array {
    this.#ensureSize(weights, networkOf(this.network).parameters);
    return this.#standardise(this.#metric?.reduce(weights, this.network) ?? weights);
  }

  #standardise(weights: ArrayLike<number>): Float32Array {
    const size = networkOf(this.architecture).parameters;
    const coordinates = new Float32Array(this.dimension);
    if (this.#logScale === null) {
      assertFinite(weights, 'the weights');
      coordinates.set(weights);
    } else {
      const canonical = canonicalForm(weights, this.architecture);
      coordinates.set(canonical.weights);
      coordinates[size] = (canonical.logScale - this.#logScale.mean) / this.#logScale.std;
    }
    this.#scales.forEach((scale, tensor) => {
      const { offset, size: length } = this.#blocks[tensor] as Block;
      for (let i = offset; i < offset + length; i++) {
        coordinates[i] = (coordinates[i] as number) / scale;
      }
    });
    return coordinates;
  }

  /**
   * The inverse of {@link standardise}, for every network of a batch: flat weights. Points off the
   * spheres are projected on to them first.
   *
   * @throws WeightspringError `diverged` for a point whose network is not finite: whoever asked for
   * it is not to blame
   */
  decode(point: HostPoint): readonly Float32Array[] {
    const batch = point[0]?.shape[0] ?? 0;
    return Array.from({ length: batch }, (_, row) => this.#decodeRow(point, row));
  }

  /**
   * Flat coordinates, one vector per network, as a batch of points.
   *
   * @throws WeightspringError `shape-mismatch` for a vector of another size
   */
  pack(coordinates: readonly ArrayLike<number>[]): HostPoint {
    for (const vector of coordinates) this.#ensureSize(vector, this.dimension);
    return this.#blocks.map(({ shape, offset, size }) => {
      const data = new Float32Array(coordinates.length * size);
      coordinates.forEach((vector, row) => {
        const start = row * size;
        for (let i = 0; i < size; i++) data[start + i] = vector[offset + i] as number;
      });
      return { shape: [coordinates.length, ...shape], data };
    });
  }

  #decodeRow(point: HostPoint, row: number): Float32Array {
    const coordinates = new Float32Array(this.dimension);
    this.#blocks.forEach(({ offset, size }, tensor) => {
      const { data } = point[tensor] as HostTensor;
      coordinates.set(data.subarray(row * size, (row + 1) * size), offset);
    });
    projectSpheres(coordinates, this.#spheres);
    const size = networkOf(this.architecture).parameters;
    const weights = coordinates.slice(0, size);
    this.#scales.forEach((scale, tensor) => {
      const { offset, size: length } = this.#blocks[tensor] as Block;
      for (let i = offset; i < offset + length; i++) weights[i] = (weights[i] as number) * scale;
    });
    try {
      assertFinite(weights, 'the weights');
      return this.#expand(this.#fromCanonical(weights, coordinates[size] as number));
    } catch (cause) {
      throw new WeightspringError(
        'diverged',
        'the flow led to a network that is not finite: take another seed, less noise or another solver',
        { cause },
      );
    }
  }

  #fromCanonical(weights: Float32Array, coordinate: number): Float32Array {
    if (this.#logScale === null) return weights;
    const logScale = this.#logScale.mean + this.#logScale.std * coordinate;
    return fromCanonicalForm({ weights, logScale }, this.architecture);
  }

  #expand(weights: Float32Array): Float32Array {
    if (this.#metric === undefined) return weights;
    const network = this.#metric.expand(weights, this.network);
    assertFinite(network, 'the weights');
    return network;
  }

  /** Of the path's manifold, tensor by tensor. */
  #dimensions(): readonly number[] {
    const { path } = pointGeometry(this.geometry, this.layout.tensors);
    return this.#blocks.map(({ shape }, tensor) => {
      const factor = path.factors[tensor] as Manifold;
      return factor.dimension(shape);
    });
  }

  #ensureSize({ length }: ArrayLike<number>, expected: number): void {
    ensure(
      length === expected,
      'shape-mismatch',
      () => `expected ${expected} numbers for ${networkOf(this.architecture).key}, got ${length}`,
    );
  }
}
