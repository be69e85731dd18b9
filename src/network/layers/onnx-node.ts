import type { AttributeValue } from '../../onnx/graph.js';
import type { GraphBuilder } from '../../onnx/graph-builder.js';

/** Appends a node with one output and returns the name of that output. */
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

/** Adds a float32 initialiser of shape [] and returns its name. */
export function scalar(graph: GraphBuilder, value: number): string {
  return graph.initializer({
    name: graph.freshName('scalar'),
    type: 'float32',
    shape: [],
    data: Float32Array.of(value),
  });
}

/** An integer attribute of a node. */
export const intAttribute = (value: number): AttributeValue => ({ kind: 'int', value });

/** A list of integers as an attribute of a node. */
export const intsAttribute = (value: readonly number[]): AttributeValue => ({
  kind: 'ints',
  value,
});
