import {
  architectureKey,
  depth,
  widthAt,
  type Activation,
  type Architecture,
} from '../network/architecture.js';
import { ensure } from '../errors.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { AttributeValue, OnnxModel } from '../onnx/graph.js';
import { sequentialTensors } from './sequential-tensors.js';

export interface ClassifierOptions {
  readonly architecture: Architecture;
  /** Flat, as `tensorLayout` describes. */
  readonly weights: Float32Array;
  /** `(x − mean) / scale` per input feature: part of the graph, so that it takes raw features. */
  readonly standardisation: {
    readonly mean: ArrayLike<number>;
    readonly scale: ArrayLike<number>;
  };
  /** Kept in the file as strings. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What older loaders still read: operator set 13 has `Gemm`, `ArgMax` and `Softmax` as used here. */
const OPSET = 13;
const IR_VERSION = 7;

/**
 * The classifier as an ONNX model: input `input` float32 [N, d_0] of raw features; outputs `logits`
 * and `probabilities` float32 [N, C], `label` int64 [N].
 *
 * Dense layers are `Gemm` with `transB = 1` and weights `[out, in]` under the names of
 * `torch.nn.Sequential`: the one form that OpenCV 4.6 accepts too.
 *
 * @throws WeightspringError `shape-mismatch` when weights or standardisation do not fit
 */
export function buildClassifier(options: ClassifierOptions): OnnxModel {
  const { architecture: arch, standardisation } = options;
  const inputs = widthAt(arch, 0);
  const classes = widthAt(arch, depth(arch));
  ensure(
    standardisation.mean.length === inputs && standardisation.scale.length === inputs,
    'shape-mismatch',
    () =>
      `expected a mean and a scale for each of ${inputs} features of ${architectureKey(arch)}, ` +
      `got ${standardisation.mean.length} and ${standardisation.scale.length}`,
  );
  const graph = new GraphBuilder({ name: 'classifier', opset: OPSET, irVersion: IR_VERSION });
  graph.metadata(options.metadata);
  for (const tensor of sequentialTensors(arch, options.weights)) {
    graph.initializer({ ...tensor, type: 'float32' });
  }
  let value = standardise(graph, inputs, standardisation);
  for (let layer = 0; layer < depth(arch); layer++) {
    if (layer > 0) value = activate(graph, arch.activation, value);
    const isLast = layer === depth(arch) - 1;
    value = append(
      graph,
      'Gemm',
      [value, `${2 * layer}.weight`, `${2 * layer}.bias`],
      { transB: int(1) },
      isLast ? 'logits' : undefined,
    );
  }
  append(graph, 'Softmax', ['logits'], { axis: int(1) }, 'probabilities');
  append(graph, 'ArgMax', ['logits'], { axis: int(1), keepdims: int(0) }, 'label');
  graph.output({ name: 'logits', type: 'float32', shape: ['N', classes] });
  graph.output({ name: 'probabilities', type: 'float32', shape: ['N', classes] });
  graph.output({ name: 'label', type: 'int64', shape: ['N'] });
  return graph.build();
}

function standardise(
  graph: GraphBuilder,
  inputs: number,
  { mean, scale }: ClassifierOptions['standardisation'],
): string {
  const input = graph.input({ name: 'input', type: 'float32', shape: ['N', inputs] });
  const row = (name: string, values: ArrayLike<number>): string =>
    graph.initializer({
      name,
      type: 'float32',
      // One axis: with [1, d_0] OpenCV 4.6 takes batches of one only.
      shape: [inputs],
      data: Float32Array.from(values),
    });
  const centred = append(graph, 'Sub', [input, row('standardise.mean', mean)]);
  return append(graph, 'Div', [centred, row('standardise.scale', scale)]);
}

/** gelu is the exact one: `x · ½ (1 + erf(x/√2))`; operator set 13 has no operator of that name. */
function activate(graph: GraphBuilder, activation: Activation, x: string): string {
  switch (activation) {
    case 'relu':
      return append(graph, 'Relu', [x]);
    case 'tanh':
      return append(graph, 'Tanh', [x]);
    case 'silu':
      return append(graph, 'Mul', [x, append(graph, 'Sigmoid', [x])]);
    case 'gelu': {
      const erf = append(graph, 'Erf', [append(graph, 'Div', [x, scalar(graph, Math.SQRT2)])]);
      const doubled = append(graph, 'Mul', [x, append(graph, 'Add', [erf, scalar(graph, 1)])]);
      return append(graph, 'Mul', [doubled, scalar(graph, 0.5)]);
    }
  }
}

function scalar(graph: GraphBuilder, value: number): string {
  return graph.initializer({
    name: graph.freshName('scalar'),
    type: 'float32',
    shape: [],
    data: Float32Array.of(value),
  });
}

/** Appends a node of one output and returns the output's name. */
function append(
  graph: GraphBuilder,
  opType: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  output?: string,
): string {
  const node = graph.node(opType, inputs, attributes, output === undefined ? undefined : [output]);
  return node.outputs[0] as string;
}

const int = (value: number): AttributeValue => ({ kind: 'int', value });
