import type { Architecture } from '../network/architecture.js';
import { INPUT } from '../network/graph.js';
import { OUTPUT } from '../network/neurons.js';
import type { PointTensor } from '../network/point-layout.js';
import { sizeOf } from '../ops/shape-rules.js';
import type { Pace } from '../pace.js';
import { byFamily, lawOf } from './family-laws.js';

/**
 * Where the noise comes from.
 *
 * - `uniform`: standard normal, on spheres projected to them, which makes it uniform there
 * - `matched`: `σ_k ε_k`, σ_k the root mean square of coordinate k in the zoo, on spheres projected:
 *   every coordinate is as noisy at time t as every other
 *
 * @see notation §11
 */
export const PRIORS = ['uniform', 'matched'] as const;
export type PriorKind = (typeof PRIORS)[number];

/**
 * Key of a family → σ of each tensor of its points, pooled over the axes along which hidden neurons
 * may be exchanged: σ has size 1 there, and the size of the tensor elsewhere.
 */
export type Deviations = Readonly<Record<string, readonly Float32Array[]>>;

/** Points of one architecture. */
export interface PointGroup {
  readonly architecture: Architecture;
  readonly tensors: readonly PointTensor<number>[];
  /** Flat. */
  readonly points: readonly Float32Array[];
}

/** σ of a coordinate is at least this part of its tensor's: noise without it could not be undone. */
const FLOOR = 1e-2;

/**
 * Root mean squares of the coordinates of a population, for each family apart.
 *
 * @throws WeightspringError `cancelled`
 */
export async function fitDeviations(
  groups: readonly PointGroup[],
  pace: Pace,
): Promise<Deviations> {
  const fitted: Record<string, readonly Float32Array[]> = {};
  for (const [family, its] of byFamily(groups)) {
    const deviations: Float32Array[] = [];
    for (const tensor of (its[0]?.tensors ?? []).keys()) {
      deviations.push(await fitTensor(its, tensor, pace));
    }
    fitted[family] = deviations;
  }
  return fitted;
}

/**
 * σ of every coordinate of an architecture's points, flat.
 *
 * @throws WeightspringError `unsupported-architecture` for a family that was never fitted
 */
export function deviationsOf(
  fitted: Deviations,
  arch: Architecture,
  tensors: readonly PointTensor<number>[],
): Float32Array {
  const own = lawOf(fitted, arch);
  return Float32Array.from(
    tensors.flatMap((tensor, index) => {
      const pooled = own[index] ?? new Float32Array();
      return placesOf(tensor).map((place) => pooled[place] as number);
    }),
  );
}

/** The shape that σ of a tensor has: size 1 along hidden neurons. */
export function pooledShape({
  shape,
  axes,
}: Pick<PointTensor, 'shape' | 'axes'>): readonly number[] {
  return shape.map((dim, axis) => (isExchangeable(axes[axis] ?? null) ? 1 : (dim as number)));
}

function isExchangeable(neurons: string | null): boolean {
  return neurons !== null && neurons !== INPUT && neurons !== OUTPUT;
}

/** For every coordinate of a tensor, row-major, where its σ stands. */
function placesOf(tensor: PointTensor<number>): readonly number[] {
  const pooled = pooledShape(tensor);
  return tensor.shape.reduce<readonly number[]>(
    (places, size, axis) => {
      const kept = pooled[axis] as number;
      return places.flatMap((place) =>
        Array.from({ length: size }, (_, index) => place * kept + (kept === 1 ? 0 : index)),
      );
    },
    [0],
  );
}

async function fitTensor(
  groups: readonly PointGroup[],
  tensor: number,
  pace: Pace,
): Promise<Float32Array> {
  const [first] = groups;
  const size = sizeOf(pooledShape(first?.tensors[tensor] as PointTensor));
  const [squares, counts] = [new Float64Array(size), new Float64Array(size)];
  for (const { tensors, points } of groups) {
    const sizes = tensors.map(({ shape }) => sizeOf(shape));
    const offset = sizes.slice(0, tensor).reduce((sum, length) => sum + length, 0);
    const places = placesOf(tensors[tensor] as PointTensor<number>);
    for (const point of points) {
      places.forEach((place, index) => {
        squares[place] = (squares[place] as number) + (point[offset + index] as number) ** 2;
        counts[place] = (counts[place] as number) + 1;
      });
      await pace();
    }
  }
  const total = squares.reduce((sum, square) => sum + square, 0);
  const count = counts.reduce((sum, own) => sum + own, 0);
  const overall = Math.sqrt(total / count);
  const floor = overall > 0 ? FLOOR * overall : 1;
  return Float32Array.from(squares, (square, place) =>
    Math.max(Math.sqrt(square / (counts[place] as number)), floor),
  );
}
