import { WeightspringError } from '../errors.js';
import { addDims, formatShape, sameShape, type Shape } from './dim.js';
import { ELEMENT_TYPES } from './element-type.js';
import type { GraphNode, Initializer, OnnxModel, ValueInfo } from './graph.js';
import type { ValueFacts } from './inference/facts.js';
import { inferNode } from './inference/infer-node.js';
import { invalidUnless } from './model-invalid.js';

/** Operator sets covered by the shape rules. */
const OPSETS = { oldest: 13, newest: 17 } as const;
const NEWEST_IR = 8;
/** Longest vector whose elements are tracked: shapes, axes and pads are shorter. */
const MAX_TRACKED_ELEMENTS = 64;

/**
 * Checks a model and infers the type and shape of every value in it.
 *
 * Requires unique and resolved names, nodes in topological order, known operators with the right
 * arity and attributes, declared outputs that match inference, and no unused initialisers. Symbolic
 * dimensions are compared as strings; shapes computed from `Shape`, constants and sums are tracked.
 *
 * @returns facts about every value by name
 * @throws WeightspringError `model-invalid`
 */
export function verifyModel(model: OnnxModel): ReadonlyMap<string, ValueFacts> {
  checkVersions(model);
  const facts = new Map<string, ValueFacts>();
  for (const input of model.inputs) define(facts, input.name, inputFacts(input));
  for (const initializer of model.initializers) {
    define(facts, initializer.name, initializerFacts(initializer));
  }
  const used = new Set<string>();
  for (const node of model.nodes) {
    const inferred = inferFrom(facts, node, model.opset);
    for (const name of node.inputs) used.add(name);
    for (const name of node.outputs) define(facts, name, inferred);
  }
  checkOutputs(model, facts);
  for (const { name } of model.initializers) {
    invalidUnless(used.has(name), () => `initialiser "${name}" is not used by any node`);
  }
  return facts;
}

function checkVersions({ irVersion, opset }: OnnxModel): void {
  invalidUnless(
    irVersion >= 3 && irVersion <= NEWEST_IR,
    () => `expected IR version 3 to ${NEWEST_IR}, got ${irVersion}`,
  );
  invalidUnless(
    opset >= OPSETS.oldest && opset <= OPSETS.newest,
    () => `expected operator set ${OPSETS.oldest} to ${OPSETS.newest}, got ${opset}`,
  );
}

function define(facts: Map<string, ValueFacts>, name: string, value: ValueFacts): void {
  invalidUnless(name !== '', () => 'a value has an empty name');
  invalidUnless(!facts.has(name), () => `the name "${name}" is defined twice`);
  facts.set(name, value);
}

function inputFacts({ name, type, shape }: ValueInfo): ValueFacts {
  for (const dim of shape) {
    const sound =
      typeof dim === 'number'
        ? Number.isSafeInteger(dim) && dim >= 1
        : /^[A-Za-z0-9_+*]+$/.test(dim) && addDims(dim) === dim;
    invalidUnless(
      sound,
      () =>
        `input "${name}": expected positive sizes or dimensions like h1+h2+3 in canonical form, got "${dim}"`,
    );
  }
  return { type, shape };
}

function initializerFacts({ name, type, shape, data }: Initializer): ValueFacts {
  const size = shape.reduce((product, dim) => product * dim, 1);
  invalidUnless(
    shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0) && Number.isSafeInteger(size),
    () => `initialiser "${name}": expected sizes of at least 0, got ${formatShape(shape)}`,
  );
  const expected = ELEMENT_TYPES[type].view(new ArrayBuffer(0)).constructor;
  invalidUnless(
    data.constructor === expected && data.length === size,
    () =>
      `initialiser "${name}" ${type} ${formatShape(shape)}: expected ${size} elements in a ` +
      `${expected.name}, got ${data.length} in a ${data.constructor.name}`,
  );
  return data instanceof BigInt64Array && shape.length <= 1 && size <= MAX_TRACKED_ELEMENTS
    ? { type, shape, elements: Array.from(data, Number) }
    : { type, shape };
}

function inferFrom(
  facts: ReadonlyMap<string, ValueFacts>,
  node: GraphNode,
  opset: number,
): ValueFacts {
  const inputs = node.inputs.map((name) => {
    const known = facts.get(name);
    invalidUnless(
      known !== undefined || name === '',
      () => `${node.opType} "${node.name}" reads "${name}", which is not defined before it`,
    );
    return known;
  });
  try {
    return inferNode(node, inputs, opset);
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError('model-invalid', error.message, { cause: error });
  }
}

function checkOutputs({ outputs }: OnnxModel, facts: ReadonlyMap<string, ValueFacts>): void {
  invalidUnless(outputs.length > 0, () => 'the graph has no output');
  const names = new Set<string>();
  for (const { name, type, shape } of outputs) {
    invalidUnless(!names.has(name), () => `output "${name}" is declared twice`);
    names.add(name);
    const inferred = facts.get(name);
    invalidUnless(inferred !== undefined, () => `output "${name}" is not computed`);
    invalidUnless(
      inferred.type === type && sameShape(inferred.shape, shape),
      () =>
        `output "${name}" is declared ${describe(type, shape)} but computed as ` +
        describe(inferred.type, inferred.shape),
    );
  }
}

function describe(type: string, shape: Shape): string {
  return `${type} ${formatShape(shape)}`;
}
