import { ensure, WeightspringError } from '../errors.js';
import { OUTPUT, type Neurons } from '../network/neurons.js';
import type { Point, PointTensor } from '../network/point-layout.js';
import type { Dim } from '../onnx/dim.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import { deepestHidden, mostNumbers, type ServedFamilies } from './served-families.js';
import { asColumn, dropLastAxis } from './tensor-axes.js';

/** The weights between two sets of neurons. */
export interface Edges<T> {
  /** Name of their tensor: two layers may connect the same sets. */
  readonly name: string;
  /** Names of the sets. */
  readonly from: string;
  readonly to: string;
  /** Numbers per pair of neurons. */
  readonly perPair: number;
  /** `[batch, n, m]`, or `[batch, n, perPair, m]` with several numbers per pair. */
  readonly weight: T;
}

/** A point as sets of neurons with biases, and the edges between them. */
export class PointView<T> {
  /**
   * All sets, with sizes taken from the tensors: the layout of a family has symbols, but an
   * interpreter that computes has numbers.
   */
  readonly neurons: readonly Neurons<Dim>[];
  /** The sets of hidden neurons among them, in the order of the layout. */
  readonly hidden: readonly Neurons<Dim>[];
  /** In the order of the point's tensors. */
  readonly edges: readonly Edges<T>[];
  /** Most numbers per pair of neurons in any network served. */
  readonly mostFeatures: number;
  readonly #deepest: number;

  /**
   * @throws WeightspringError `unsupported-architecture` for a point with too few or too many
   * hidden layers
   */
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
    this.mostFeatures = mostNumbers(served, ({ from, features }) =>
      from === null ? null : features,
    );
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

  /** Log scale of the last layer, [batch, 1]; undefined in a Euclidean flow. */
  get logScale(): T | undefined {
    return this.#all(({ role }) => role === 'log-scale')[0]?.value;
  }

  /**
   * The biases of a set of neurons by the names of their tensors, `[batch, n]` each: several where
   * several layers lead to the set.
   */
  biases(neurons: string): readonly { readonly name: string; readonly value: T }[] {
    return this.#all(({ role, to }) => role === 'bias' && to === neurons);
  }

  /**
   * The biases of a set of neurons that one layer leads to, `[batch, n]`.
   *
   * @throws WeightspringError `unsupported-architecture` where several do
   */
  bias(neurons: string): T {
    const biases = this.biases(neurons);
    const [bias] = biases;
    ensure(bias !== undefined, 'internal', () => `no bias of ${neurons}`);
    ensure(
      biases.length === 1,
      'unsupported-architecture',
      () =>
        `expected one tensor of biases for the neurons ${neurons}, got ` +
        `${biases.map(({ name }) => name).join(', ')}: the velocity network reads one`,
      'architecture',
    );
    return bias.value;
  }

  /**
   * The numbers of every pair of neurons of a weight, filled up with zeros:
   * `[batch, n, m, features]`.
   */
  pairs({ weight, perPair }: Edges<T>, features: number): T {
    const { ops } = this;
    if (perPair === 1) return ops.pad(asColumn(ops, weight), 3, 0, features - 1);
    return ops.pad(ops.transpose(weight, [0, 1, 3, 2]), 3, 0, features - perPair);
  }

  /**
   * The inverse of {@link pairs}: a tensor in the shape of the weight.
   *
   * @param values - [batch, n, m, features]
   */
  weightOf({ perPair }: Edges<T>, values: T): T {
    const { ops } = this;
    const own = ops.slice(values, 3, 0, perPair);
    return perPair === 1 ? dropLastAxis(ops, own) : ops.transpose(own, [0, 1, 3, 2]);
  }

  /** Number of neurons of a set. */
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
   * Position of a set of hidden neurons or classes, and widths around it, [1, 1, 2·deepest + 4].
   *
   * These are the number of sets of hidden neurons (one-hot), the position of this one, with
   * classes after the last (one-hot), and log2(width/16) of the sets that it reads, of itself, and
   * of the sets that read it, or itself again.
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

  /** Mean over sets of log2(width / 16) as [1, 1, 1]; widths may be symbolic. */
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

  /** A tensor with an axis along a set of neurons, and that axis: the bias if there is one. */
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

  #all(is: (tensor: PointTensor) => boolean): readonly { name: string; value: T }[] {
    const { layout, tensors } = this.point;
    return layout.tensors.flatMap((tensor, index) =>
      is(tensor) ? [{ name: tensor.name, value: tensors[index] as T }] : [],
    );
  }
}

/** The name of a parameter for the first, second, … tensor of one kind: `bias`, `bias2`, … */
export function numbered(name: string, index: number): string {
  return index === 0 ? name : `${name}${index + 1}`;
}

/** A tensor of a point that a velocity network has no output for. */
export function unwritable({ name, role, to }: PointTensor): WeightspringError {
  return new WeightspringError(
    'unsupported-architecture',
    `the velocity network has no output for ${name}, a ${role} of the neurons ${to}`,
    { field: 'architecture' },
  );
}
