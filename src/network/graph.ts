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
  /** Ids of what it reads, each before it, or `input`. Default: the node before it. */
  readonly inputs?: readonly string[] | undefined;
  readonly layer: LayerNode;
}

/** A node whose inputs and shape are known. */
export interface GraphNode {
  readonly id: string;
  readonly inputs: readonly string[];
  readonly layer: LayerNode;
  /** Of one row of its output; with symbols in the graph of a family. */
  readonly shape: Shape;
}

/** A network without its numbers: nodes in an order in which they can be computed, logits last. */
export interface NetworkGraph {
  /** Shape of one row of the input. */
  readonly input: Shape;
  readonly nodes: readonly GraphNode[];
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
    () => `a network has 1 to ${MAX_NODES} nodes, got ${specs.length}`,
    'architecture.nodes',
  );
  const shapes = new Map<string, Shape>([[INPUT, input]]);
  const unread = new Set<string>([INPUT]);
  const nodes = specs.map((spec, index) => {
    const node = buildNode(spec, index, specs[index - 1], shapes);
    for (const read of node.inputs) unread.delete(read);
    shapes.set(node.id, node.shape);
    unread.add(node.id);
    return node;
  });
  const last = nodes.at(-1) as GraphNode;
  unread.delete(last.id);
  const [idle] = unread;
  ensure(
    idle === undefined,
    'invalid-argument',
    () => `nothing reads '${String(idle)}': every node but the last leads to another`,
    'architecture.nodes',
  );
  ensure(
    last.shape.length === 1,
    'invalid-argument',
    () => `node '${last.id}' ends the network: expected logits [n], got ${formatShape(last.shape)}`,
    'architecture.nodes',
  );
  return Object.freeze({ input, nodes: Object.freeze(nodes) });
}

function buildNode(
  { id = '', inputs, layer }: NodeSpec,
  index: number,
  before: NodeSpec | undefined,
  shapes: ReadonlyMap<string, Shape>,
): GraphNode {
  const field = `architecture.nodes[${index}]`;
  const name = id === '' ? String(index) : id;
  ensure(!shapes.has(name), 'invalid-argument', () => `two nodes are called '${name}'`, field);
  const previous = index === 0 ? INPUT : (before?.id ?? String(index - 1));
  const reads = inputs ?? [previous];
  const kind = layerOf(layer);
  ensure(
    reads.length >= kind.arity.min && reads.length <= kind.arity.max,
    'invalid-argument',
    () =>
      `node '${name}' (${layer.op}) reads ${kind.arity.min} to ${kind.arity.max} values, ` +
      `got ${reads.length}`,
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
    layer: Object.freeze(layer),
    shape: shapeOf(name, field, () => kind.outputShape(layer, inputShapes)),
  });
}

/** The shape that a layer gives; its complaints name the node. */
function shapeOf(name: string, field: string, compute: () => Shape): Shape {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError(error.code, `node '${name}': ${error.message}`, { field });
  }
}

/** Shapes of what a node reads. */
export function inputShapes({ input, nodes }: NetworkGraph, node: GraphNode): readonly Shape[] {
  return node.inputs.map(
    (read) => (read === INPUT ? input : nodes.find(({ id }) => id === read)?.shape) ?? [],
  );
}
