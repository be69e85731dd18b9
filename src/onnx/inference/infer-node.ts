import type { GraphNode } from '../graph.js';
import { CONVOLUTION } from './convolution.js';
import { ELEMENTWISE } from './elementwise.js';
import type { ValueFacts } from './facts.js';
import { LAYOUT } from './layout.js';
import { LINEAR } from './linear.js';
import { NodeReader } from './node-reader.js';
import type { Operator, OperatorTable } from './operator.js';
import { REDUCTION } from './reduction.js';
import { SLICING } from './slicing.js';

/** Every operator that our graphs may use. */
const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  [ELEMENTWISE, LINEAR, CONVOLUTION, REDUCTION, LAYOUT, SLICING].flatMap((table: OperatorTable) =>
    Object.entries(table),
  ),
);

/**
 * Type and shape of the output of one node; our graphs have no operators with several outputs.
 *
 * @param inputs - facts about its inputs in order, undefined for omitted ones
 * @throws WeightspringError `shape-mismatch` naming the node, what was expected and what was found
 */
export function inferNode(
  node: GraphNode,
  inputs: readonly (ValueFacts | undefined)[],
  opset: number,
): ValueFacts {
  const reader = new NodeReader(node, inputs, opset);
  const operator = OPERATORS.get(node.opType) ?? reader.fail('the operator is not supported');
  checkForm(node, operator, reader);
  return operator.infer(reader);
}

/** Checks the counts of inputs and outputs, the attributes and the operator set. */
function checkForm(node: GraphNode, operator: Operator, reader: NodeReader): void {
  const { inputs, attributes = {}, required = [], since = 0 } = operator;
  checkCount(reader, 'inputs', node.inputs.length, inputs);
  checkCount(reader, 'outputs', node.outputs.length, [1, 1]);
  for (const [name, { kind }] of Object.entries(node.attributes)) {
    const expected = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (kind !== expected) {
      reader.fail(`attribute ${name}: expected ${expected ?? 'none of this name'}, got ${kind}`);
    }
  }
  for (const name of required) {
    if (node.attributes[name] === undefined) reader.fail(`the attribute ${name} is missing`);
  }
  if (reader.opset < since) {
    reader.fail(`expected operator set ${since} or later, got ${reader.opset}`);
  }
}

function checkCount(
  reader: NodeReader,
  what: string,
  count: number,
  [least, most]: readonly [number, number],
): void {
  if (count < least || count > most) {
    reader.fail(`expected ${least === most ? least : `${least} to ${most}`} ${what}, got ${count}`);
  }
}
