import { WeightMatcher } from '../alignment/weight-matching.js';
import { ensure } from '../errors.js';
import type { WeightSpace } from '../flow/weight-space.js';
import { networkOf } from '../network/network.js';
import { permutationSpec } from '../network/permutation-spec.js';
import { permuteNeurons } from '../network/permute.js';
import { TrainedNeurons, type ComparedNetwork } from './trained-neurons.js';

/**
 * Of a network with several hidden layers, the runs that are matched: the nearest by bound. Of 30
 * runs of 784-32-32-10 trained on MNIST, the nearest of all was among them for each of six.
 */
const MAX_MATCHED = 3;
/** A bound exceeds the distance by its rounding at most: this part of it. */
const ROUNDING = 1e-9;
/** Coordinate descent nearly always stops by itself before this. */
const MAX_SWEEPS = 10;

/** A trained network in the coordinates of a flow. */
export interface RunPoint {
  /** Several snapshots of one run have the same number. */
  readonly run: number;
  readonly point: Float32Array;
}

/** The trained run that a network is nearest to. */
export interface NearestRun {
  readonly run: number;
  /** min_π ‖a − π b‖ to the nearest of its snapshots. */
  readonly distance: number;
  /** Whether no other run can be nearer; with several hidden layers, by weight matching. */
  readonly isProven: boolean;
}

/**
 * Trained networks of one architecture, to measure the quotient distance to:
 * `d(a, b) = min_π ‖a − π b‖` over permutations of hidden neurons, in the coordinates of a flow; to
 * a run the least over its snapshots.
 *
 * One matrix product gives all inner products between the neurons of a network and those of all
 * runs. Bounds from the least entries of rows and columns leave out runs that cannot be nearest; of
 * the others the assignment is solved, which is exact for one hidden layer. With more it is a bound
 * as well, and weight matching from the order that it finds gives an upper bound of the distance,
 * for the nearest {@link MAX_MATCHED} networks that may be nearest.
 *
 * @see notation §11, "Novelty"
 */
export class TrainedRuns {
  /** Numbers of the runs, ascending. */
  readonly runs: readonly number[];
  readonly #members: readonly RunPoint[];
  readonly #neurons: TrainedNeurons;
  readonly #matcher: WeightMatcher;

  /**
   * @param space - of the points
   * @param members - at least one
   */
  constructor(
    private readonly space: WeightSpace,
    members: readonly RunPoint[],
  ) {
    ensure(members.length > 0, 'invalid-argument', () => 'expected trained networks, got none');
    this.#members = [...members].sort((a, b) => a.run - b.run);
    this.runs = [...new Set(this.#members.map(({ run }) => run))];
    this.#neurons = new TrainedNeurons(
      space,
      this.#members.map(({ point }) => point),
    );
    this.#matcher = new WeightMatcher(space.architecture, { maxSweeps: MAX_SWEEPS });
  }

  /**
   * The trained run that a network is nearest to; of equally near ones the first.
   *
   * @param point - flat coordinates of the network
   * @param except - number of a run that is left out
   * @returns null where no run is left
   * @throws WeightspringError `shape-mismatch` for a point of another size
   */
  nearest(point: Float32Array, except?: number): NearestRun | null {
    const network = this.#compare(point);
    const candidates = [...this.#members.keys()]
      .filter((member) => this.#at(member).run !== except)
      .map((member) => ({ member, bound: this.#neurons.bound(network, member) }))
      .sort((a, b) => a.bound - b.bound || a.member - b.member);
    let best: { readonly member: number; readonly squared: number } | undefined;
    let matched = 0;
    let isProven = true;
    for (const { member, bound } of candidates) {
      if (best !== undefined && bound * (1 - ROUNDING) > best.squared) break;
      const assigned = this.#neurons.assign(network, member);
      let { squared } = assigned;
      if (!this.#neurons.isExact) {
        if (best !== undefined && squared * (1 - ROUNDING) > best.squared) continue;
        if (matched === MAX_MATCHED) {
          isProven = false;
          break;
        }
        matched++;
        squared = this.#match(point, member, assigned.orders);
      }
      const isNearer =
        best === undefined ||
        squared < best.squared ||
        (squared === best.squared && member < best.member);
      if (isNearer) best = { member, squared };
    }
    if (best === undefined) return null;
    return { run: this.#at(best.member).run, distance: Math.sqrt(best.squared), isProven };
  }

  /**
   * The distances to all runs, in the order of {@link runs}; every snapshot is matched.
   *
   * @param point - flat coordinates of the network
   * @throws WeightspringError `shape-mismatch` for a point of another size
   */
  distances(point: Float32Array): Float64Array {
    const network = this.#compare(point);
    const squares = new Map(this.runs.map((run) => [run, Infinity]));
    this.#members.forEach(({ run }, member) => {
      const { squared, orders } = this.#neurons.assign(network, member);
      const distance = this.#neurons.isExact ? squared : this.#match(point, member, orders);
      squares.set(run, Math.min(squares.get(run) as number, distance));
    });
    return Float64Array.from(squares.values(), Math.sqrt);
  }

  #at(member: number): RunPoint {
    return this.#members[member] as RunPoint;
  }

  #compare(point: Float32Array): ComparedNetwork {
    ensure(
      point.length === this.space.dimension,
      'shape-mismatch',
      () => `expected ${this.space.dimension} coordinates, got ${point.length}`,
    );
    return this.#neurons.compare(point);
  }

  /** The squared distance by weight matching that starts from an order of all groups. */
  #match(point: Float32Array, member: number, orders: readonly Int32Array[]): number {
    const { architecture } = this.space;
    const { parameters } = networkOf(architecture);
    const { point: other } = this.#at(member);
    const weights = point.subarray(0, parameters);
    const spec = permutationSpec(architecture);
    const ordered = permuteNeurons(other.subarray(0, parameters), architecture, spec, orders);
    const { aligned } = this.#matcher.match(weights, ordered);
    let squared = 0;
    for (let i = 0; i < point.length; i++) {
      const moved = i < parameters ? aligned[i] : other[i];
      squared += ((point[i] as number) - (moved as number)) ** 2;
    }
    return squared;
  }
}
