import type { AttributeValue } from '../../onnx/graph.js';
import type { GraphBuilder } from '../../onnx/graph-builder.js';

/** Appends a node of one output and returns the output's name. */
export function appendNode(
  graph: GraphBuilder,
  opType: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  output?: string,
): string {
  const node = graph.node(opType, inputs, attributes, output === undefined ? undefined : [output]);
  return node.outputs[0] as string;
}

/** An initialiser of shape [] and returns its name. */
export function scalar(graph: GraphBuilder, value: number): string {
  return graph.initializer({
    name: graph.freshName('scalar'),
    type: 'float32',
    shape: [],
    data: Float32Array.of(value),
  });
}

export const intAttribute = (value: number): AttributeValue => ({ kind: 'int', value });
