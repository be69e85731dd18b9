import { ensure } from '../errors.js';
import { architectureKey, graphOf, isLayered, type Architecture } from './architecture.js';
import { familyOfGraph, type Family } from './family.js';
import { logitsNode, type NetworkGraph } from './graph.js';
import { groupBy } from './group-by.js';
import type { Activation } from './layers/activation.js';
import { activationsOf, soleActivation } from './layers/activations.js';
import { findNeurons, type Neurons } from './neurons.js';
import { placeTensors, tensorFacts, type TensorSlot } from './slots.js';
import { findGroups, type NeuronGroup } from './symmetry.js';

/** Everything derived from an architecture: its graph, tensors and symmetries. */
export interface Network {
  readonly architecture: Architecture;
  /** Identifies the architecture in files and tables: `30-16-16-2/relu`. */
  readonly key: string;
  readonly graph: NetworkGraph;
  /** Its activation; null if it has none or several. */
  readonly activation: Activation | null;
  /** That function alone, or those of its nodes in the order of the graph where they differ. */
  readonly activations: readonly Activation[];
  /** Features, hidden neurons, classes. */
  readonly neurons: readonly Neurons[];
  /** Id of a node, or `input` → name of the neurons that its value runs along. */
  readonly neuronsOf: ReadonlyMap<string, string>;
  /** Hidden neurons that can be permuted, in the order in which a canonical form visits them. */
  readonly groups: readonly NeuronGroup[];
  /** Its tensors in flat order. */
  readonly slots: readonly TensorSlot[];
  /** Id of a node → its tensors, in flat order; nodes without tensors are absent. */
  readonly slotsOf: ReadonlyMap<string, readonly TensorSlot[]>;
  /** Numbers in all tensors together. */
  readonly parameters: number;
  /** Numbers per row of its input. */
  readonly inputs: number;
  /** Classes. */
  readonly outputs: number;
  readonly family: Family;
}

const known = new WeakMap<Architecture, Network>();

/**
 * The network of an architecture, computed once per object.
 *
 * @throws WeightspringError `invalid-argument` naming the node at fault
 */
export function networkOf(architecture: Architecture): Network {
  const before = known.get(architecture);
  if (before !== undefined) return before;
  const network = derive(architecture);
  known.set(architecture, network);
  return network;
}

function derive(architecture: Architecture): Network {
  const graph = graphOf(architecture);
  const table = findNeurons<number>(graph);
  const slots = placeTensors(tensorFacts(graph, table));
  const activation = isLayered(architecture)
    ? architecture.activation
    : soleActivation(graph.nodes);
  return Object.freeze({
    architecture,
    key: architectureKey(architecture),
    graph,
    activation,
    activations: activation === null ? activationsOf(graph.nodes) : [activation],
    neurons: table.neurons,
    neuronsOf: table.ofValue,
    groups: findGroups(graph, table, slots),
    slots,
    slotsOf: groupBy(slots, ({ node }) => node),
    parameters: slots.reduce((sum, { size }) => sum + size, 0),
    inputs: (graph.input as readonly number[]).reduce((product, dim) => product * dim, 1),
    outputs: logitsNode(graph).shape[0] as number,
    family: familyOfGraph(graph, table),
  });
}

/** @throws WeightspringError `shape-mismatch` if the number of weights does not fit the network */
export function ensureWeights(architecture: Architecture, weights: ArrayLike<number>): void {
  const { key, parameters } = networkOf(architecture);
  ensure(
    weights.length === parameters,
    'shape-mismatch',
    () => `expected ${parameters} weights, got ${weights.length} for ${key}`,
  );
}
