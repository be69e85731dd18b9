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
import { pointBlocks, putWeights, weightsIn, type PointBlock } from './point-blocks.js';
import {
  projectSpheres,
  sphereBlocks,
  squaredGeodesicDistance,
  type SphereBlock,
} from './sphere-blocks.js';
import { tensorScales } from './tensor-scales.js';

/** A batch of points of one architecture: one tensor per coordinate block, batch axis first. */
export type HostPoint = readonly HostTensor[];

/** The log of the last layer's scale: its moments, and its place among the flat coordinates. */
interface LogScale {
  readonly mean: number;
  readonly std: number;
  readonly at: number;
}

/**
 * The weight space of one architecture in the coordinates of a flow. With an input metric, w are
 * the weights of the reduced network.
 *
 * - Euclidean: `x = w / s`, one scale s per tensor; the prior is the standard normal distribution.
 * - Normalized and Geometric: the canonical form with its spheres blown up to unit variance,
 *   `x = w √fanIn`, biases divided by their scale, and one coordinate for the log of the last
 *   layer's scale, standardised; the prior is uniform on the spheres and standard normal elsewhere.
 *
 * A matched prior multiplies the noise by σ, coordinate by coordinate, before it is projected.
 *
 * @see notation §4, §5
 */
export class WeightSpace {
  readonly geometry: FlowGeometry;
  readonly layout: PointLayout<number>;
  readonly #blocks: readonly PointBlock[];
  /** `w = x · scale` for every tensor of a point; for the log scale its standard deviation. */
  readonly #scales: readonly number[];
  /** Moments and place of the log scale; null without canonical form. */
  readonly #logScale: LogScale | null;
  /** None without canonical form. */
  readonly #spheres: readonly SphereBlock[];
  /** Architecture of the points: that of the reduced networks if there is an input metric. */
  readonly architecture: Architecture;
  /** σ of the noise, flat; null if it is 1 everywhere. */
  readonly deviations: Float32Array | null;
  readonly #metric: InputMetric | undefined;

  /**
   * @param network - architecture of the networks whose coordinates the points are
   * @throws WeightspringError `unsupported-architecture` for a family without scales, for an
   * activation other than relu if the points are canonical forms, and in the Geometric flow for a
   * neuron with one input: its sphere is {−1, 1}, and no path connects the two points
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
    const { slots } = networkOf(architecture);
    const fitted = tensorScales(scales, architecture);
    this.#blocks = pointBlocks(this.layout.tensors, slots);
    if (isCanonical(geometry)) {
      ensureScaleSymmetry(architecture);
      const moments = logScaleMoments(logScales, architecture);
      const placeOf = (slot: TensorSlot | null): number =>
        (this.#blocks.find((block) => block.slot === slot) as PointBlock).offset;
      this.#logScale = { ...moments, at: placeOf(null) };
      this.#scales = this.#blocks.map(({ slot }) => {
        if (slot === null) return moments.std;
        const { sphere, fanIn } = slot;
        return sphere === null ? (fitted[slots.indexOf(slot)] as number) : 1 / Math.sqrt(fanIn);
      });
      this.#spheres = sphereBlocks(architecture, placeOf);
      ensure(
        geometry !== 'geometric' || this.#spheres.every(({ size }) => size > 1),
        'unsupported-architecture',
        () =>
          `expected neurons with two inputs or more, got ${networkOf(architecture).key}: ` +
          'a Geometric flow cannot change the sign of a single weight',
        architectureFields(architecture).whole,
      );
    } else {
      this.#logScale = null;
      this.#scales = fitted;
      this.#spheres = [];
    }
    this.deviations =
      deviations === undefined ? null : deviationsOf(deviations, architecture, this.layout.tensors);
  }

  /** Number of coordinates of one point. */
  get dimension(): number {
    return this.#blocks.reduce((sum, { size }) => sum + size, 0);
  }

  /** Dimension of the manifold that the path runs on. */
  get manifoldDimension(): number {
    return this.#dimensions().reduce((sum, dimension) => sum + dimension, 0);
  }

  /**
   * `log dV_w / dV_x`, how much the map from coordinates to weights stretches volumes:
   * `Σ size · log s` for a Euclidean flow. For a Geometric flow the weights are the canonical form,
   * with spheres of radius 1 and √C and the log scale as the last coordinate.
   */
  get logVolumeScale(): number {
    // Of a canonical form it is the reduced network that has a density.
    const metric = this.#logScale === null ? (this.#metric?.logVolumeScale(this.network) ?? 0) : 0;
    return this.#dimensions().reduce(
      (sum, dimension, tensor) => sum + dimension * Math.log(this.#scales[tensor] as number),
      metric,
    );
  }

  /**
   * The factors by which decoding multiplies coordinates, one per tensor, then the mean of the log
   * scale (0 without one).
   */
  get decodingScales(): Float32Array {
    return Float32Array.of(...this.#scales, this.#logScale?.mean ?? 0);
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

  /** Those of the flat coordinates that are of weights, in the order of the flat weights. */
  weightCoordinates(coordinates: Float32Array): Float32Array {
    return weightsIn(this.#blocks, coordinates);
  }

  /** A copy with others in place of the {@link weightCoordinates}. */
  withWeightCoordinates(coordinates: Float32Array, weights: ArrayLike<number>): Float32Array {
    const changed = coordinates.slice();
    putWeights(this.#blocks, changed, weights);
    return changed;
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
    const coordinates = new Float32Array(this.dimension);
    if (this.#logScale === null) {
      assertFinite(weights, 'the weights');
      putWeights(this.#blocks, coordinates, weights, this.#scales);
    } else {
      const canonical = canonicalForm(weights, this.architecture);
      putWeights(this.#blocks, coordinates, canonical.weights, this.#scales);
      const { at, mean, std } = this.#logScale;
      coordinates[at] = (canonical.logScale - mean) / std;
    }
    return coordinates;
  }

  /**
   * The inverse of {@link standardise}, for every network of a batch: flat weights. Points off the
   * spheres are projected onto them first.
   *
   * @throws WeightspringError `diverged` for a point whose network is not finite, which is not the
   * caller's fault
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
    return this.#blocks.map(({ tensor: { shape }, offset, size }) => {
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
    const weights = weightsIn(this.#blocks, coordinates, this.#scales);
    try {
      assertFinite(weights, 'the weights');
      return this.#expand(this.#fromCanonical(weights, coordinates));
    } catch (cause) {
      throw new WeightspringError(
        'diverged',
        'the flow generated a network that is not finite: use another seed, less noise or guidance, or ' +
          'another solver',
        { cause },
      );
    }
  }

  #fromCanonical(weights: Float32Array, coordinates: Float32Array): Float32Array {
    if (this.#logScale === null) return weights;
    const { at, mean, std } = this.#logScale;
    const logScale = mean + std * (coordinates[at] as number);
    return fromCanonicalForm({ weights, logScale }, this.architecture);
  }

  #expand(weights: Float32Array): Float32Array {
    if (this.#metric === undefined) return weights;
    const network = this.#metric.expand(weights, this.network);
    assertFinite(network, 'the weights');
    return network;
  }

  /** Dimensions of the path's manifold, tensor by tensor. */
  #dimensions(): readonly number[] {
    const { path } = pointGeometry(this.geometry, this.layout.tensors);
    return this.layout.tensors.map(({ shape }, tensor) => {
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
