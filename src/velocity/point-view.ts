import { ensure } from '../errors.js';
import { OUTPUT, type Neurons } from '../network/neurons.js';
import type { Point, PointTensor } from '../network/point-layout.js';
import type { Dim } from '../onnx/dim.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import { deepestHidden, type ServedFamilies } from './served-families.js';

/** The weights between two sets of neurons. */
export interface Edges<T> {
  /** Name of the tensor that they are: two layers may lead between the same sets. */
  readonly name: string;
  /** Names of the sets. */
  readonly from: string;
  readonly to: string;
  /** Numbers per pair of neurons. */
  readonly perPair: number;
  /** `[batch, n, m]` */
  readonly weight: T;
}

/** A point by what its tensors are: sets of neurons with biases, and the edges between them. */
export class PointView<T> {
  /**
   * All sets, of the sizes that the tensors have: a layout of a family has symbols where an
   * interpreter that computes has numbers.
   */
  readonly neurons: readonly Neurons<Dim>[];
  /** The sets of hidden neurons among them, in the order of the layout. */
  readonly hidden: readonly Neurons<Dim>[];
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
      size: this.#sizeOf(set.name),
    }));
    this.hidden = this.neurons.filter(({ isFixed }) => !isFixed);
    this.#deepest = deepestHidden(served);
    const hidden = this.hidden.length;
    ensure(
      hidden >= 1 && hidden <= this.#deepest,
      'unsupported-architecture',
      () => `expected 1 to ${this.#deepest} hidden layers, got ${hidden}`,
      'architecture',
    );
    this.edges = tensors.flatMap(({ name, from, to, features }, index) =>
      from === null
        ? []
        : [{ name, from, to, perPair: features, weight: point.tensors[index] as T }],
    );
  }

  /** Of the last layer, [batch, 1]; undefined in a Euclidean flow. */
  get logScale(): T | undefined {
    return this.#find(({ role }) => role === 'log-scale');
  }

  /** The biases of a set of neurons, `[batch, n]`. */
  bias(neurons: string): T {
    const bias = this.#find(({ role, to }) => role === 'bias' && to === neurons);
    ensure(bias !== undefined, 'internal', () => `no bias of ${neurons}`);
    return bias;
  }

  /** Neurons of a set. */
  width(neurons: string): Dim {
    return this.neurons.find(({ name }) => name === neurons)?.size ?? 1;
  }

  /** Number of a set of hidden neurons, from 1 in the order of the layout; 0 for another set. */
  hiddenNumber(neurons: string): number {
    return this.hidden.findIndex(({ name }) => name === neurons) + 1;
  }

  get batch(): Dim {
    return this.ops.shape(this.point.tensors[0] as T)[0] ?? 1;
  }

  /**
   * Where a set of hidden neurons or of classes stands and how wide its surroundings are,
   * [1, 1, 2·deepest + 4].
   *
   * The number of sets of hidden neurons (one-hot), the number of this one, for classes the one
   * after the last (one-hot), and log2(width/16) of what it reads, of itself, and of what reads it,
   * or itself again.
   */
  layerFeatures(neurons: string): T {
    const { ops } = this;
    const count = this.hidden.length;
    const number = neurons === OUTPUT ? count + 1 : this.hiddenNumber(neurons);
    const position = new Float64Array(2 * this.#deepest + 1);
    position[count - 1] = 1;
    position[this.#deepest + number - 1] = 1;
    const before = this.edges.filter(({ to }) => to === neurons).map(({ from }) => from);
    const after = this.edges.filter(({ from }) => from === neurons).map(({ to }) => to);
    return ops.concat(
      [
        ops.constant(position, [1, 1, position.length]),
        this.#logWidth(before),
        this.#logWidth([neurons]),
        this.#logWidth(after.length === 0 ? [neurons] : after),
      ],
      2,
    );
  }

  /** Mean over sets of log2(width / 16) as [1, 1, 1], also where widths are symbolic. */
  #logWidth(sets: readonly string[]): T {
    const { ops } = this;
    const logs = sets.map((neurons) => {
      const { tensor, axis } = this.#along(neurons);
      const scaled = ops.log(ops.mul(ops.count(tensor, [axis]), ops.constant(1 / 16)));
      return ops.reshape(ops.mul(scaled, ops.constant(Math.LOG2E)), [1, 1, 1]);
    });
    const sum = logs.reduce((total, log) => ops.add(total, log));
    return logs.length === 1 ? sum : ops.mul(sum, ops.constant(1 / logs.length));
  }

  #sizeOf(neurons: string): Dim {
    const { tensor, axis } = this.#along(neurons);
    return this.ops.shape(tensor)[axis] ?? 1;
  }

  /** A tensor that a set of neurons runs along, and the axis: of its biases, where it has any. */
  #along(neurons: string): { readonly tensor: T; readonly axis: number } {
    const { layout, tensors } = this.point;
    const isAlong = ({ axes }: PointTensor): boolean => axes.includes(neurons);
    const bias = layout.tensors.find((tensor) => tensor.role === 'bias' && isAlong(tensor));
    const found = bias ?? layout.tensors.find(isAlong);
    ensure(found !== undefined, 'internal', () => `no tensor along ${neurons}`);
    return {
      tensor: tensors[layout.tensors.indexOf(found)] as T,
      axis: found.axes.indexOf(neurons) + 1,
    };
  }

  #find(is: (tensor: PointTensor) => boolean): T | undefined {
    const { layout, tensors } = this.point;
    const index = layout.tensors.findIndex(is);
    return index < 0 ? undefined : tensors[index];
  }
}
