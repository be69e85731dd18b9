import { AssignmentSolver } from '../alignment/linear-assignment.js';
import type { WeightSpace } from '../flow/weight-space.js';
import { affine } from '../ops/float64/affine.js';
import { assignmentBound } from './assignment-bound.js';
import { SignatureLayout, type GroupSignature, type Signatures } from './neuron-signatures.js';

/** Rows of numbers with their squared norms. */
interface NeuronRows {
  /** `[n, D]`, row-major. */
  readonly rows: Float64Array;
  readonly squares: Float64Array;
}

/** A network, compared with all trained neurons at once. */
export interface ComparedNetwork {
  readonly signatures: Signatures;
  /** Per group the inner products `[members · h, h]`, and the squared norms of its neurons. */
  readonly groups: readonly {
    readonly products: Float64Array;
    readonly squares: Float64Array;
  }[];
}

/** The cheapest assignment of every group by itself. */
export interface Assigned {
  /** `Σ_g min_{π_g} Σ_i ‖a_{g,i} − b_{g,π_g(i)}‖²` and the rest. */
  readonly squared: number;
  /** `orders[g][i]` is the neuron that comes to place i. */
  readonly orders: readonly Int32Array[];
}

/** The hidden neurons of a population, and what it costs to put them in place of a network's. */
export class TrainedNeurons {
  readonly #layout: SignatureLayout;
  readonly #members: readonly Signatures[];
  readonly #groups: readonly (NeuronRows & GroupSignature)[];
  readonly #solver: AssignmentSolver;
  readonly #cost: Float64Array;
  readonly #scratch: Float64Array;

  /** @param points - flat coordinates of each member */
  constructor(space: WeightSpace, points: readonly Float32Array[]) {
    this.#layout = new SignatureLayout(space);
    this.#members = points.map((point) => this.#layout.of(point));
    this.#groups = this.#layout.groups.map(({ size, length }, group) => {
      const rows = new Float64Array(points.length * size * length);
      this.#members.forEach(({ groups }, member) => {
        rows.set(groups[group] as Float64Array, member * size * length);
      });
      return { size, length, rows, squares: squaredNorms(rows, length) };
    });
    const widest = this.#groups.reduce((most, { size }) => Math.max(most, size), 0);
    this.#solver = new AssignmentSolver(widest);
    this.#cost = new Float64Array(widest * widest);
    this.#scratch = new Float64Array(widest);
  }

  /** Whether {@link assign} gives the distance itself. */
  get isExact(): boolean {
    return this.#layout.isExact;
  }

  /** @param point - flat coordinates */
  compare(point: Float32Array): ComparedNetwork {
    const signatures = this.#layout.of(point);
    const groups = this.#groups.map(({ size, length, rows: trained, squares }, group) => {
      const rows = signatures.groups[group] as Float64Array;
      // The few neurons of the network as the matrix: it is laid out anew for every product.
      const columns = transposed(rows, size, length);
      const products = affine(trained, columns, new Float64Array(size), squares.length);
      return { products, squares: squaredNorms(rows, length) };
    });
    return { signatures, groups };
  }

  /** What `squared` of {@link assign} is at least, but for rounding. */
  bound(network: ComparedNetwork, member: number): number {
    return this.#groups.reduce(
      (sum, { size }, group) => {
        this.#fillCosts(network, member, group);
        return sum + assignmentBound(this.#cost, size, this.#scratch);
      },
      this.#restDistance(network, member),
    );
  }

  assign(network: ComparedNetwork, member: number): Assigned {
    let squared = this.#restDistance(network, member);
    const orders = this.#groups.map(({ size, length, rows: trained }, group) => {
      this.#fillCosts(network, member, group);
      const order = this.#solver.solve(this.#cost, size).slice();
      const rows = network.signatures.groups[group] as Float64Array;
      // From the differences: inner products lose the digits of small distances.
      for (let i = 0; i < size; i++) {
        const other = (member * size + (order[i] as number)) * length;
        for (let k = 0, p = i * length; k < length; k++) {
          squared += ((rows[p + k] as number) - (trained[other + k] as number)) ** 2;
        }
      }
      return order;
    });
    return { squared, orders };
  }

  #restDistance({ signatures }: ComparedNetwork, member: number): number {
    const { rest } = this.#members[member] as Signatures;
    return signatures.rest.reduce((sum, value, k) => sum + (value - (rest[k] as number)) ** 2, 0);
  }

  /** `‖a_i − b_j‖²` between the neurons of one group. */
  #fillCosts(network: ComparedNetwork, member: number, group: number): void {
    const { size, squares: trained } = this.#groups[group] as NeuronRows & GroupSignature;
    const { products, squares } = network.groups[group] as ComparedNetwork['groups'][number];
    for (let i = 0; i < size; i++) {
      for (let j = 0, other = member * size; j < size; j++, other++) {
        const norms = (squares[i] as number) + (trained[other] as number);
        const product = products[other * size + i] as number;
        this.#cost[i * size + j] = Math.max(0, norms - 2 * product);
      }
    }
  }
}

function transposed(rows: Float64Array, size: number, length: number): Float64Array {
  const columns = new Float64Array(rows.length);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < length; k++) columns[k * size + i] = rows[i * length + k] as number;
  }
  return columns;
}

function squaredNorms(rows: Float64Array, length: number): Float64Array {
  const squares = new Float64Array(rows.length / length);
  rows.forEach((value, at) => {
    const row = Math.floor(at / length);
    squares[row] = (squares[row] as number) + value ** 2;
  });
  return squares;
}
