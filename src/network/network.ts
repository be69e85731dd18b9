import { ensure } from '../errors.js';
import { architectureKey, graphOf, isLayered, type Architecture } from './architecture.js';
import { familyOfGraph, type Family } from './family.js';
import { logitsNode, type NetworkGraph } from './graph.js';
import { groupBy } from './group-by.js';
import type { Activation } from './layers/activation.js';
import { soleActivation } from './layers/sole-activation.js';
import { findNeurons, type Neurons } from './neurons.js';
import { placeTensors, tensorFacts, type TensorSlot } from './slots.js';
import { findGroups, type NeuronGroup } from './symmetry.js';

/** All that follows from an architecture: its graph, tensors and symmetries. */
export interface Network {
  readonly architecture: Architecture;
  /** Identifies the architecture in files and tables: `30-16-16-2/relu`. */
  readonly key: string;
  readonly graph: NetworkGraph;
  /** What stands between its layers, where that is one function throughout; else null. */
  readonly activation: Activation | null;
  /** Features, hidden neurons, classes. */
  readonly neurons: readonly Neurons[];
  /** Id of a node, or `input` → name of the neurons that its value runs along. */
  readonly neuronsOf: ReadonlyMap<string, string>;
  /** Hidden neurons that may be permuted, in the order in which a canonical form visits them. */
  readonly groups: readonly NeuronGroup[];
  /** Its tensors in flat order. */
  readonly slots: readonly TensorSlot[];
  /** Id of a node → its tensors, in flat order; nodes without tensors are not there. */
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
 * The network of an architecture, worked out once for each object.
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
  return Object.freeze({
    architecture,
    key: architectureKey(architecture),
    graph,
    activation: isLayered(architecture) ? architecture.activation : soleActivation(graph.nodes),
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

/** @throws WeightspringError `shape-mismatch` for another number of weights than the network has */
export function ensureWeights(architecture: Architecture, weights: ArrayLike<number>): void {
  const { key, parameters } = networkOf(architecture);
  ensure(
    weights.length === parameters,
    'shape-mismatch',
    () => `expected ${parameters} weights, got ${weights.length} for ${key}`,
  );
}
