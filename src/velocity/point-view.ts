import { ensure } from '../errors.js';
import type { Neurons } from '../network/neurons.js';
import type { Point, PointTensor } from '../network/point-layout.js';
import type { Dim } from '../onnx/dim.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import { deepestHidden, type ServedFamilies } from './served-families.js';

/** The weights between two sets of neurons. */
export interface Edges<T> {
  /** Places of the sets in {@link PointView.neurons}. */
  readonly from: number;
  readonly to: number;
  /** Numbers per pair of neurons. */
  readonly perPair: number;
  /** `[batch, n, m]` */
  readonly weight: T;
}

/** A point by what its tensors are: sets of neurons with biases, and the edges between them. */
export class PointView<T> {
  /**
   * Features first, then hidden neurons from the front, classes last. Of the sizes that the tensors
   * have: a layout of a family has symbols where an interpreter that computes has numbers.
   */
  readonly neurons: readonly Neurons<Dim>[];
  /** In the order of the point's tensors. */
  readonly edges: readonly Edges<T>[];
  readonly #deepest: number;

  /** @throws WeightspringError `unsupported-architecture` for a point that is not served */
  constructor(
    private readonly ops: TensorOps<T>,
    readonly point: Point<T>,
    served: ServedFamilies,
  ) {
    const { neurons, tensors } = point.layout;
    this.neurons = neurons.map((set) => ({
      ...set,
      size: ops.shape(this.#along(set.name))[1] ?? 1,
    }));
    this.#deepest = deepestHidden(served);
    const hidden = neurons.length - 2;
    ensure(
      hidden >= 1 && hidden <= this.#deepest,
      'unsupported-architecture',
      () => `expected 1 to ${this.#deepest} hidden layers, got ${hidden}`,
      'architecture',
    );
    this.edges = tensors.flatMap(({ from, to, features }, index) =>
      from === null
        ? []
        : [
            {
              from: this.#place(from),
              to: this.#place(to),
              perPair: features,
              weight: point.tensors[index] as T,
            },
          ],
    );
  }

  /** Place of the classes. */
  get last(): number {
    return this.neurons.length - 1;
  }

  /** Places of the hidden neurons. */
  get hidden(): readonly number[] {
    return this.neurons.slice(1, -1).map((_, index) => index + 1);
  }

  /** Of the last layer, [batch, 1]; undefined in a Euclidean flow. */
  get logScale(): T | undefined {
    return this.#find(({ role }) => role === 'log-scale');
  }

  /** The biases of a set of neurons, `[batch, n]`. */
  bias(place: number): T {
    const { name } = this.neurons[place] as Neurons<Dim>;
    const bias = this.#find(({ role, to }) => role === 'bias' && to === name);
    ensure(bias !== undefined, 'internal', () => `no bias of ${name}`);
    return bias;
  }

  /** Whether a set of neurons has biases: features have none. */
  hasBias(place: number): boolean {
    const { name } = this.neurons[place] as Neurons<Dim>;
    return this.#find(({ role, to }) => role === 'bias' && to === name) !== undefined;
  }

  /** Neurons of a set. */
  width(place: number): Dim {
    return this.neurons[place]?.size ?? 1;
  }

  get batch(): Dim {
    return this.ops.shape(this.point.tensors[0] as T)[0] ?? 1;
  }

  /**
   * Where a set of neurons stands and how wide its surroundings are, [1, 1, 2·deepest + 4].
   *
   * The number of sets of hidden neurons (one-hot), the place from the front (one-hot), and
   * log2(width/16) of what it reads, of itself, and of what reads it, or itself again.
   */
  layerFeatures(place: number): T {
    const { ops } = this;
    const position = new Float64Array(2 * this.#deepest + 1);
    position[this.hidden.length - 1] = 1;
    position[this.#deepest + place - 1] = 1;
    const before = this.edges.filter(({ to }) => to === place).map(({ from }) => from);
    const after = this.edges.filter(({ from }) => from === place).map(({ to }) => to);
    return ops.concat(
      [
        ops.constant(position, [1, 1, position.length]),
        this.#logWidth(before),
        this.#logWidth([place]),
        this.#logWidth(after.length === 0 ? [place] : after),
      ],
      2,
    );
  }

  /** Mean over sets of log2(width / 16) as [1, 1, 1], also where widths are symbolic. */
  #logWidth(places: readonly number[]): T {
    const { ops } = this;
    const logs = places.map((place) => {
      const scaled = ops.log(ops.mul(this.#count(place), ops.constant(1 / 16)));
      return ops.reshape(ops.mul(scaled, ops.constant(Math.LOG2E)), [1, 1, 1]);
    });
    const sum = logs.reduce((total, log) => ops.add(total, log));
    return logs.length === 1 ? sum : ops.mul(sum, ops.constant(1 / logs.length));
  }

  /** The number of neurons of a set, as a value. */
  #count(place: number): T {
    return this.ops.count(this.#along((this.neurons[place] as Neurons<Dim>).name), [1]);
  }

  /** A tensor with a set of neurons along its first axis after the batch. */
  #along(name: string): T {
    const found =
      this.#find(({ role, to }) => role === 'bias' && to === name) ??
      this.#find(({ from }) => from === name);
    ensure(found !== undefined, 'internal', () => `no tensor along ${name}`);
    return found;
  }

  #find(is: (tensor: PointTensor) => boolean): T | undefined {
    const { layout, tensors } = this.point;
    const index = layout.tensors.findIndex(is);
    return index < 0 ? undefined : tensors[index];
  }

  #place(name: string): number {
    return this.neurons.findIndex((neurons) => neurons.name === name);
  }
}
