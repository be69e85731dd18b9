import { createHash } from 'node:crypto';
import { ensure } from '../errors.js';
import { buildGraph, INPUT, type NetworkGraph, type NodeSpec } from './graph.js';
import type { Activation } from './layers/activation.js';
import { layeredForm, layeredNodes, type LayeredForm } from './layers/layered.js';
import { layerOf, type LayerNode } from './layers/registry.js';

export { ACTIVATIONS, type Activation } from './layers/activation.js';

/**
 * A node of an architecture: its layer, with id and inputs only where they differ from the
 * defaults.
 */
export type ArchitectureNode = LayerNode & {
  /** Default: its index in the list, as in `torch.nn.Sequential`. */
  readonly id?: string | undefined;
  /** Ids of earlier nodes that it reads, or `input`. Default: the previous node. */
  readonly inputs?: readonly string[] | undefined;
};

/** A network as a graph of layers, logits last. */
export interface GraphForm {
  /** Shape of one row. */
  readonly input: readonly number[];
  readonly nodes: readonly ArchitectureNode[];
}

/**
 * A network without its weights, as plain data. `networkOf` derives everything else from it.
 *
 * Equal networks are equal data: a graph that has a short form is written in it.
 */
export type Architecture = LayeredForm | GraphForm;

/**
 * Checks and freezes the architecture of a multi-layer perceptron.
 *
 * @throws WeightspringError `invalid-argument` naming the layer at fault
 */
export function architecture(
  layers: readonly number[],
  activation: Activation = 'relu',
): LayeredForm {
  ensure(
    layers.length >= 2,
    'invalid-argument',
    () => `an architecture needs at least an input and an output width, got [${layers.join(', ')}]`,
    'architecture.layers',
  );
  layers.forEach((width, index) => {
    ensure(
      Number.isSafeInteger(width) && width >= 1,
      'invalid-argument',
      () => `layer width ${String(index)} must be a positive integer, got ${String(width)}`,
      `architecture.layers[${String(index)}]`,
    );
  });
  return Object.freeze({ layers: Object.freeze([...layers]), activation });
}

/**
 * Checks the graph of a network and returns its shortest form, so that equal graphs are equal data:
 * widths for a perceptron, else nodes without default ids and inputs.
 *
 * @throws WeightspringError `invalid-argument` naming the node at fault
 */
export function graphArchitecture(form: GraphForm): Architecture {
  const graph = buildGraph(form.input, graphNodes(form));
  ensure(
    graph.nodes.some(({ layer }) => layerOf(layer).neurons === 'opens'),
    'invalid-argument',
    () => 'none of its nodes has weights: a network needs at least one layer with weights',
    'architecture.nodes',
  );
  const layered = layeredForm(graph);
  if (layered !== null) return architecture(layered.layers as number[], layered.activation);
  const nodes = graph.nodes.map(({ id, inputs, layer }, index) => {
    const before = graph.nodes[index - 1]?.id ?? INPUT;
    return Object.freeze({
      ...orderedFields(layer),
      ...(id === String(index) ? {} : { id }),
      ...(inputs.length === 1 && inputs[0] === before ? {} : { inputs }),
    });
  });
  return Object.freeze({
    input: Object.freeze([...form.input]),
    nodes: Object.freeze(nodes),
  });
}

/**
 * The shortest form of an architecture: for programs, whose graphs no grammar has checked.
 *
 * @throws WeightspringError `invalid-argument` naming the node at fault
 */
export function canonicalArchitecture(arch: Architecture): Architecture {
  return isLayered(arch) ? arch : graphArchitecture(arch);
}

/** The layer with its fields in the order of its grammar, without those that have their defaults. */
function orderedFields(layer: LayerNode): LayerNode {
  const kind = layerOf(layer);
  const defaults = kind.defaults?.(layer) ?? {};
  const fields = Object.keys(kind.schema.shape)
    .map((field): [string, unknown] => [field, Reflect.get(layer, field)])
    .filter(([field, value]) => value !== undefined && value !== Reflect.get(defaults, field));
  return Object.fromEntries(fields) as unknown as LayerNode;
}

/** The graph of an architecture, with its shapes. */
export function graphOf(arch: Architecture): NetworkGraph {
  return isLayered(arch)
    ? buildGraph([arch.layers[0] ?? 0], layeredNodes(arch))
    : buildGraph(arch.input, graphNodes(arch));
}

function graphNodes({ nodes }: GraphForm): readonly NodeSpec[] {
  return nodes.map(({ id, inputs, ...layer }) => ({ id, inputs, layer }));
}

/** Whether an architecture is written as widths. */
export function isLayered<T extends LayeredForm>(arch: T | GraphForm): arch is T {
  return 'layers' in arch;
}

/** A perceptron with another activation; other graphs are returned unchanged. */
export function withActivation(arch: Architecture, activation: Activation): Architecture {
  return isLayered(arch) ? architecture(arch.layers, activation) : arch;
}

/** The architecture of a record that has other fields too. */
export function architectureIn(record: Architecture): Architecture {
  if (isLayered(record)) return { layers: record.layers, activation: record.activation };
  return { input: record.input, nodes: record.nodes };
}

/**
 * `30-16-16-2`: names an architecture in file names and prose: the widths of a perceptron, without
 * its activation, or the key of any other graph.
 */
export function architectureName(arch: Architecture): string {
  return isLayered(arch) ? arch.layers.join('-') : architectureKey(arch);
}

/**
 * `30-16-16-2/relu`, or `30-graph-` and a digest: identifies an architecture in files and tables.
 */
export function architectureKey(arch: Architecture): string {
  if (isLayered(arch)) return `${architectureName(arch)}/${arch.activation}`;
  const before = keys.get(arch);
  if (before !== undefined) return before;
  const { input, nodes } = arch;
  const digest = createHash('sha256').update(JSON.stringify({ input, nodes })).digest('hex');
  const key = `${input.join('x')}-graph-${digest.slice(0, DIGEST_DIGITS)}`;
  keys.set(arch, key);
  return key;
}

const keys = new WeakMap<GraphForm, string>();

/** Enough that two graphs of a zoo never share a key, by accident or on purpose. */
const DIGEST_DIGITS = 16;
