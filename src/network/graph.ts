import { ensure, WeightspringError } from '../errors.js';
import { formatShape, type Shape } from '../onnx/dim.js';
import { layerOf, type LayerNode } from './layers/registry.js';

/** Name of the value that a graph starts from. */
export const INPUT = 'input';

/** Most nodes of a graph. */
export const MAX_NODES = 1024;

/** A node as it is written down. */
export interface NodeSpec {
  /** Default: its place in the list, from 0, as in `torch.nn.Sequential`. */
  readonly id?: string | undefined;
  /** Ids of the values that it reads: nodes before it, or `input`. Default: the node before it. */
  readonly inputs?: readonly string[] | undefined;
  readonly layer: LayerNode;
}

/** A node with everything that its specification leaves to defaults, and its shapes. */
export interface GraphNode {
  readonly id: string;
  readonly inputs: readonly string[];
  readonly layer: LayerNode;
  /** Shape of one row of each input. */
  readonly inputShapes: readonly Shape[];
  /** Shape of one row of the output; symbolic in the graph of a family. */
  readonly shape: Shape;
}

/** A network without its weights. */
export interface NetworkGraph {
  /** Shape of one row of the input. */
  readonly input: Shape;
  /** In an order in which they can be computed; the last gives the logits. */
  readonly nodes: readonly GraphNode[];
}

/** The node that gives the logits. */
export function logitsNode({ nodes }: NetworkGraph): GraphNode {
  return nodes.at(-1) as GraphNode;
}

/**
 * Checks a graph and works out its shapes.
 *
 * @param input - shape of one row
 * @throws WeightspringError `invalid-argument` naming the node at fault
 */
export function buildGraph(input: Shape, specs: readonly NodeSpec[]): NetworkGraph {
  ensure(
    specs.length >= 1 && specs.length <= MAX_NODES,
    'invalid-argument',
    () => `expected 1 to ${MAX_NODES} nodes, got ${specs.length}`,
    'architecture.nodes',
  );
  const shapes = new Map<string, Shape>([[INPUT, input]]);
  const unread = new Set<string>([INPUT]);
  let previous = INPUT;
  const nodes = specs.map((spec, index) => {
    const node = buildNode(spec, index, previous, shapes);
    for (const read of node.inputs) unread.delete(read);
    shapes.set(node.id, node.shape);
    unread.add(node.id);
    previous = node.id;
    return node;
  });
  ensureLogits(previous, shapes.get(previous) ?? [], unread);
  return Object.freeze({ input, nodes: Object.freeze(nodes) });
}

function buildNode(
  { id, inputs, layer }: NodeSpec,
  index: number,
  previous: string,
  shapes: ReadonlyMap<string, Shape>,
): GraphNode {
  const field = `architecture.nodes[${index}]`;
  const name = id ?? String(index);
  ensure(
    !shapes.has(name),
    'invalid-argument',
    () => `two values are called '${name}': every node needs an id of its own`,
    field,
  );
  const reads = inputs ?? [previous];
  const kind = layerOf(layer);
  const { min, max } = kind.arity;
  ensure(
    reads.length >= min && reads.length <= max,
    'invalid-argument',
    () =>
      `node '${name}' (${layer.op}) reads ${min === max ? min : `${min} to ${max}`} ` +
      `value${max === 1 ? '' : 's'}, got ${reads.length}`,
    field,
  );
  const inputShapes = reads.map((read) => {
    const shape = shapes.get(read);
    ensure(
      shape !== undefined,
      'invalid-argument',
      () => `node '${name}' reads '${read}', which is no node before it`,
      field,
    );
    return shape;
  });
  return Object.freeze({
    id: name,
    inputs: Object.freeze([...reads]),
    layer: Object.freeze({ ...layer }),
    inputShapes: Object.freeze(inputShapes),
    shape: shapeOf(name, field, () => kind.outputShape(layer, inputShapes)),
  });
}

/** The output shape of a layer; errors name the node. */
function shapeOf(name: string, field: string, compute: () => Shape): Shape {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError(error.code, `node '${name}': ${error.message}`, { field });
  }
}

/** The last node gives logits, and all others lead to it. */
function ensureLogits(last: string, shape: Shape, unread: ReadonlySet<string>): void {
  const [idle] = [...unread].filter((id) => id !== last);
  ensure(
    idle === undefined,
    'invalid-argument',
    () => `nothing reads '${String(idle)}': expected the last node to depend on all others`,
    'architecture.nodes',
  );
  ensure(
    shape.length === 1,
    'invalid-argument',
    () => `the last node '${last}' gives the logits: expected shape [n], got ${formatShape(shape)}`,
    'architecture.nodes',
  );
}
