import { ensure } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { INPUT } from '../network/graph.js';
import { appendNode, intAttribute } from '../network/layers/onnx-node.js';
import { layerOf } from '../network/layers/registry.js';
import { networkOf } from '../network/network.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { OnnxModel } from '../onnx/graph.js';
import { torchTensors } from './torch-tensors.js';

export interface ClassifierOptions {
  readonly architecture: Architecture;
  /** Flat, in the order of the network's slots. */
  readonly weights: Float32Array;
  /** `(x − mean) / scale` per input feature, computed by the graph, which takes raw features. */
  readonly standardisation: {
    readonly mean: ArrayLike<number>;
    readonly scale: ArrayLike<number>;
  };
  /** Kept in the file as strings. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Old enough for older loaders; operator set 13 has `Gemm`, `ArgMax` and `Softmax` as used here. */
const OPSET = 13;
const IR_VERSION = 7;

/**
 * The classifier as an ONNX model: input `input` float32 [N, d_0] of raw features, [N, c, h, w] of a
 * network on images; outputs `logits` and `probabilities` float32 [N, C], `label` int64 [N].
 *
 * Tensors have the names and layouts of torch.
 *
 * @throws WeightspringError `shape-mismatch` if weights or standardisation do not fit
 */
export function buildClassifier(options: ClassifierOptions): OnnxModel {
  const { architecture: arch, standardisation } = options;
  const {
    graph: { nodes, input },
    slotsOf,
    inputs,
    outputs: classes,
    key,
  } = networkOf(arch);
  ensure(
    standardisation.mean.length === inputs && standardisation.scale.length === inputs,
    'shape-mismatch',
    () =>
      `expected a mean and a scale for each of ${inputs} features of ${key}, ` +
      `got ${standardisation.mean.length} and ${standardisation.scale.length}`,
  );
  const graph = new GraphBuilder({ name: 'classifier', opset: OPSET, irVersion: IR_VERSION });
  graph.metadata(options.metadata);
  for (const tensor of torchTensors(arch, options.weights)) {
    graph.initializer({ ...tensor, type: 'float32' });
  }
  const values = new Map([
    [INPUT, standardise(graph, input as readonly number[], standardisation)],
  ]);
  for (const [index, { id, inputs: read, layer, shape }] of nodes.entries()) {
    const tensors = (slotsOf.get(id) ?? []).map(({ torchName }) => torchName);
    const output = index === nodes.length - 1 ? 'logits' : undefined;
    const names = read.map((name) => values.get(name) as string);
    values.set(id, layerOf(layer).toOnnx(graph, layer, tensors, names, output, shape));
  }
  appendNode(graph, 'Softmax', ['logits'], { axis: intAttribute(1) }, 'probabilities');
  appendNode(
    graph,
    'ArgMax',
    ['logits'],
    { axis: intAttribute(1), keepdims: intAttribute(0) },
    'label',
  );
  graph.output({ name: 'logits', type: 'float32', shape: ['N', classes] });
  graph.output({ name: 'probabilities', type: 'float32', shape: ['N', classes] });
  graph.output({ name: 'label', type: 'int64', shape: ['N'] });
  return graph.build();
}

function standardise(
  graph: GraphBuilder,
  shape: readonly number[],
  { mean, scale }: ClassifierOptions['standardisation'],
): string {
  const input = graph.input({ name: 'input', type: 'float32', shape: ['N', ...shape] });
  const row = (name: string, values: ArrayLike<number>): string =>
    graph.initializer({
      name,
      type: 'float32',
      // Without an axis for the batch: given [1, d_0], OpenCV 4.6 accepts batches of one only.
      shape,
      data: Float32Array.from(values),
    });
  const centred = appendNode(graph, 'Sub', [input, row('standardise.mean', mean)]);
  return appendNode(graph, 'Div', [centred, row('standardise.scale', scale)]);
}
