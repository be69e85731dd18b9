import { transposed, type DenseLayer } from './chain-layers.js';
import type { Scaling } from './foreign-network.js';
import { foreign } from './foreign-tensor.js';
import { attributeOf, type ForeignGraph, type ForeignNode } from './onnx-values.js';

/** Of one number for all, or one for each. */
export function at(values: Float32Array, i: number): number {
  return values[values.length === 1 ? 0 : i] as number;
}

/**
 * The layer of a `Gemm` or `MatMul` by constants.
 *
 * @param value - what it has to read
 * @throws WeightspringError `data-corrupt`, naming the node
 */
export function readDense(graph: ForeignGraph, node: ForeignNode, value: string): DenseLayer {
  const [left = '', right = '', third = ''] = node.input ?? [];
  const matrix = graph.constant(right);
  if (left !== value || matrix?.shape.length !== 2) {
    throw foreign(
      `its node '${node.name ?? ''}' multiplies by something else than a matrix of weights`,
    );
  }
  const isGemm = node.opType === 'Gemm';
  if (isGemm && attributeOf(node, 'transA', 0) !== 0) {
    throw foreign(`its node '${node.name ?? ''}' transposes its rows`);
  }
  const [rows = 0, columns = 0] = matrix.shape;
  const isTransposed = isGemm && attributeOf(node, 'transB', 0) !== 0;
  const [inputs, outputs] = isTransposed ? [columns, rows] : [rows, columns];
  const alpha = isGemm ? attributeOf(node, 'alpha', 1) : 1;
  const beta = isGemm ? attributeOf(node, 'beta', 1) : 1;
  const weight = (isTransposed ? transposed(matrix.data, rows, columns) : matrix.data).map(
    (own) => alpha * own,
  );
  const bias = new Float32Array(outputs);
  if (isGemm && third !== '') {
    const added = readNeurons(graph, third, outputs);
    bias.forEach((_, j) => (bias[j] = beta * at(added, j)));
  }
  return { inputs, outputs, weight, bias };
}

/** What a `BatchNormalization` of fixed statistics does to each neuron. */
export function readBatchNorm(node: ForeignNode, neurons: (name: string) => Float32Array): Scaling {
  const [, ...names] = node.input ?? [];
  const [gain, offset, mean, variance] = names.map(neurons);
  if (!gain || !offset || !mean || !variance) throw foreign('a BatchNormalization lacks tensors');
  const epsilon = attributeOf(node, 'epsilon', 1e-5);
  const factor = gain.map((value, i) => value / Math.sqrt(at(variance, i) + epsilon));
  return { factor, shift: offset.map((value, i) => value - at(mean, i) * at(factor, i)) };
}

/** What `Add`, `Sub`, `Mul` or `Div` of a value and constants does to it. */
export function readElementwise(
  node: ForeignNode,
  value: string,
  neurons: (name: string) => Float32Array,
): Scaling {
  const [left = '', right = ''] = node.input ?? [];
  const isLeft = left === value;
  const values = neurons(isLeft ? right : left);
  const [one, zero] = [Float32Array.of(1), Float32Array.of(0)];
  switch (node.opType) {
    case 'Add':
      return { factor: one, shift: values };
    case 'Mul':
      return { factor: values, shift: zero };
    case 'Sub':
      return isLeft
        ? { factor: one, shift: values.map((own) => -own) }
        : { factor: Float32Array.of(-1), shift: values };
    default:
      if (!isLeft) throw foreign(`its node '${node.name ?? ''}' divides by a value of the network`);
      return { factor: values.map((own) => 1 / own), shift: zero };
  }
}

/**
 * Constants of one number for each neuron, or one for all.
 *
 * @param expected - neurons. Default: any number
 */
export function readNeurons(graph: ForeignGraph, name: string, expected?: number): Float32Array {
  const tensor = graph.constant(name);
  const length = tensor?.data.length;
  if (
    tensor === null ||
    length === undefined ||
    (expected !== undefined && length !== expected && length !== 1)
  ) {
    throw foreign(`its value '${name}' is not a number for each of ${expected ?? 'its'} neurons`);
  }
  return tensor.data;
}
