import { WeightspringError } from '../errors.js';
import type { Dim } from '../onnx/dim.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import type { ServedArchitectures } from './served-architectures.js';
import { hasScaleCoordinate, hiddenLayersOfPoint } from './velocity-network.js';

/** The tensors of a point by what they are; layers are counted from 1. */
export class PointView<T> {
  /** Number of hidden layers. */
  readonly hidden: number;

  /** @throws WeightspringError `unsupported-architecture` for a point that is not served */
  constructor(
    private readonly ops: TensorOps<T>,
    private readonly tensors: readonly T[],
    private readonly served: ServedArchitectures,
  ) {
    served.ensureServesPoint(tensors.map((tensor) => ops.shape(tensor)));
    this.hidden = hiddenLayersOfPoint(tensors.length);
  }

  /** L, the number of layers with weights. */
  get layers(): number {
    return this.hidden + 1;
  }

  /** Of the last layer, [batch, 1]; undefined in a Euclidean flow. */
  get logScale(): T | undefined {
    return hasScaleCoordinate(this.tensors.length) ? this.tensors.at(-1) : undefined;
  }

  /** `[batch, d_{layer−1}, d_layer]` */
  weight(layer: number): T {
    return this.#tensor(2 * layer - 2);
  }

  /** `[batch, d_layer]` */
  bias(layer: number): T {
    return this.#tensor(2 * layer - 1);
  }

  get batch(): Dim {
    return this.ops.shape(this.bias(1))[0] ?? 1;
  }

  /** d_layer, from layer 0. */
  width(layer: number): Dim {
    const shape = this.ops.shape(layer === 0 ? this.weight(1) : this.bias(layer));
    return shape[1] ?? 1;
  }

  /**
   * Where a layer stands and how wide its surroundings are, [1, 1, 2·deepest + 4].
   *
   * The number of hidden layers (one-hot), the position from the front (one-hot), and
   * log2(width/16) of the layer before, this one, and the one after.
   */
  layerFeatures(layer: number): T {
    const { ops, hidden } = this;
    const deepest = this.served.depths.at(-1) ?? 0;
    const position = new Float64Array(2 * deepest + 1);
    position[hidden - 1] = 1;
    position[deepest + layer - 1] = 1;
    const neighbours = [layer - 1, layer, Math.min(layer + 1, hidden + 1)];
    return ops.concat(
      [
        ops.constant(position, [1, 1, position.length]),
        ...neighbours.map((neighbour) => this.#logWidth(neighbour)),
      ],
      2,
    );
  }

  /** log2(d_layer / 16) as [1, 1, 1], also where the width is symbolic. */
  #logWidth(layer: number): T {
    const { ops } = this;
    const width = ops.count(layer === 0 ? this.weight(1) : this.bias(layer), [1]);
    const scaled = ops.log(ops.mul(width, ops.constant(1 / 16)));
    return ops.reshape(ops.mul(scaled, ops.constant(Math.LOG2E)), [1, 1, 1]);
  }

  #tensor(index: number): T {
    const tensor = this.tensors[index];
    if (tensor === undefined) throw new WeightspringError('internal', `no tensor ${index}`);
    return tensor;
  }
}
