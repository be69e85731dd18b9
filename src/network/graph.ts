import { ensure, WeightspringError } from '../errors.js';
import { formatShape, multiplyDims, type Shape } from '../onnx/dim.js';
import { MAX_UNITS, type ValueRow } from './layers/layer.js';
import { layerOf, type LayerNode } from './layers/registry.js';

/** Name of a graph's input value. */
export const INPUT = 'input';

/** Most nodes of a graph. */
export const MAX_NODES = 1024;

/** A node as specified. */
export interface NodeSpec {
  /** Default: its index in the list, as in `torch.nn.Sequential`. */
  readonly id?: string | undefined;
  /** Ids of the values that it reads: earlier nodes, or `input`. Default: the previous node. */
  readonly inputs?: readonly string[] | undefined;
  readonly layer: LayerNode;
}

/** A node with its defaults filled in, and its shapes. */
export interface GraphNode {
  readonly id: string;
  readonly inputs: readonly string[];
  readonly layer: LayerNode;
  /** One row of each input. */
  readonly rows: readonly ValueRow[];
  /** Shape of one row of the output; symbolic in the graph of a family. */
  readonly shape: Shape;
  /** Numbers of its first axis per neuron: 1, or H·W once channels are flattened. */
  readonly perNeuron: number;
}

/** A network without its weights. */
export interface NetworkGraph {
  /** Shape of one row of the input. */
  readonly input: Shape;
  /** In order of computation; the last one outputs the logits. */
  readonly nodes: readonly GraphNode[];
}

/** The node that outputs the logits. */
export function logitsNode({ nodes }: NetworkGraph): GraphNode {
  return nodes.at(-1) as GraphNode;
}

/**
 * Checks a graph and infers its shapes.
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
  const size = multiplyDims(...input);
  ensure(
    typeof size === 'string' || size <= MAX_UNITS,
    'invalid-argument',
    () => `expected rows of at most ${MAX_UNITS} numbers, got ${formatShape(input)}`,
    'architecture.input',
  );
  const values = new Map<string, ValueRow>([[INPUT, { shape: input, perNeuron: 1 }]]);
  const unread = new Set<string>([INPUT]);
  let previous = INPUT;
  const nodes = specs.map((spec, index) => {
    const node = buildNode(spec, index, previous, values);
    for (const read of node.inputs) unread.delete(read);
    values.set(node.id, node);
    unread.add(node.id);
    previous = node.id;
    return node;
  });
  ensureLogits(previous, values.get(previous), unread);
  return Object.freeze({ input, nodes: Object.freeze(nodes) });
}

function buildNode(
  { id, inputs, layer }: NodeSpec,
  index: number,
  previous: string,
  values: ReadonlyMap<string, ValueRow>,
): GraphNode {
  const field = `architecture.nodes[${index}]`;
  const name = id ?? String(index);
  ensure(
    !values.has(name),
    'invalid-argument',
    () => `two values are called '${name}': every node needs its own id`,
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
  const rows = reads.map((read): ValueRow => {
    const value = values.get(read);
    ensure(
      value !== undefined,
      'invalid-argument',
      () => `node '${name}' reads '${read}': expected an earlier node or 'input'`,
      field,
    );
    return { shape: value.shape, perNeuron: value.perNeuron };
  });
  return Object.freeze({
    id: name,
    inputs: Object.freeze([...reads]),
    layer: Object.freeze({ ...layer }),
    rows: Object.freeze(rows),
    ...namingNode(name, field, () => outputRow(layer, rows)),
  });
}

/** The output of a layer. */
function outputRow(layer: LayerNode, rows: readonly ValueRow[]): ValueRow {
  const kind = layerOf(layer);
  const shape = kind.outputShape(
    layer,
    rows.map((row) => row.shape),
  );
  const [first = { shape, perNeuron: 1 }, ...others] = rows;
  if (kind.perNeuron !== undefined) return { shape, perNeuron: kind.perNeuron(layer, first) };
  if (kind.neurons === 'opens') return { shape, perNeuron: 1 };
  for (const { perNeuron } of others) {
    ensure(
      perNeuron === first.perNeuron,
      'invalid-argument',
      () =>
        'expected inputs with the same number of values per neuron, got ' +
        `${first.perNeuron} and ${perNeuron}: flattened channels are no units of a dense layer`,
    );
  }
  return { shape, perNeuron: first.perNeuron };
}

/** What a layer says of itself; errors name the node. */
function namingNode<T>(name: string, field: string, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError(error.code, `node '${name}': ${error.message}`, { field });
  }
}

/** Checks that the last node outputs logits and depends on all others. */
function ensureLogits(
  last: string,
  { shape, perNeuron }: ValueRow = { shape: [], perNeuron: 1 },
  unread: ReadonlySet<string>,
): void {
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
    () =>
      `the last node '${last}' outputs the logits: expected shape [n], got ${formatShape(shape)}`,
    'architecture.nodes',
  );
  ensure(
    perNeuron === 1,
    'invalid-argument',
    () =>
      `the last node '${last}' outputs the logits: expected one per class, got flattened channels ` +
      `with ${perNeuron} each: put a dense layer behind them`,
    'architecture.nodes',
  );
}
