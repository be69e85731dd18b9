import type { GraphNode, NetworkGraph } from './graph.js';
import { groupBy } from './group-by.js';
import { layerOf } from './layers/registry.js';

/** Which weights of a graph a canonical form normalises, and in which order. */
export interface Stems {
  /** Sets of hidden neurons in the order in which they are normalised. */
  readonly order: readonly number[];
  /** Ids of the nodes whose weights are normalised. */
  readonly stems: ReadonlySet<string>;
}

/**
 * Chooses the stem of every set of hidden neurons: the writers (layers that lead to it) whose
 * weights a canonical form brings to a joint norm of 1 per neuron.
 *
 * Normalising a set multiplies the weights that read it. So norms are final only if everything that
 * the stem reads was normalised before:
 * - A writer downstream of its own set, the end of a residual block, is in no stem: its norm
 *   depends on the scales of its set, and theirs on it. A joint norm over all writers need not
 *   exist.
 * - Sets are visited in an order in which everything that a stem reads comes before it. Where two
 *   sets write each other and no such order exists, the one opened first goes first, without the
 *   writers that read sets not visited yet. Its first writer reads only what was opened earlier, so
 *   no stem is empty.
 *
 * @param setAt - the set of neurons of a value, numbered in the order in which layers open them
 */
export function findStems(
  graph: NetworkGraph,
  setAt: (value: string) => number,
  isHidden: (set: number) => boolean,
): Stems {
  const pending = [...findWriters(graph, setAt, isHidden)];
  const visited = new Set<number>();
  const stems = new Set<string>();
  const isFinal = (read: string): boolean => !isHidden(setAt(read)) || visited.has(setAt(read));
  const readsOnlyFinal = ({ inputs }: GraphNode): boolean => inputs.every(isFinal);
  while (pending.length > 0) {
    const ready = pending.findIndex(([, writers]) => writers.every(readsOnlyFinal));
    for (const [set, writers] of pending.splice(Math.max(ready, 0), 1)) {
      for (const writer of writers.filter(readsOnlyFinal)) stems.add(writer.id);
      visited.add(set);
    }
  }
  return { order: [...visited], stems };
}

/** The writers of every set of hidden neurons, without those downstream of the set. */
function findWriters(
  graph: NetworkGraph,
  setAt: (value: string) => number,
  isHidden: (set: number) => boolean,
): ReadonlyMap<number, readonly GraphNode[]> {
  const writers = groupBy(graph.nodes, ({ id, layer }) =>
    layerOf(layer).neurons === 'opens' && isHidden(setAt(id)) ? setAt(id) : null,
  );
  // The only writer of a set cannot be downstream of it.
  const shared = [...writers].filter(([, nodes]) => nodes.length > 1).map(([set]) => set);
  if (shared.length === 0) return writers;
  const upstream = setsUpstream(graph, setAt, shared);
  return new Map(
    [...writers].map(([set, nodes]) => [set, nodes.filter((node) => !upstream(node, set))]),
  );
}

/** Whether a node reads a value of a set, directly or through other nodes. */
function setsUpstream(
  { nodes }: NetworkGraph,
  setAt: (value: string) => number,
  sets: readonly number[],
): (node: GraphNode, set: number) => boolean {
  const bits = new Map(sets.map((set, index) => [set, 1n << BigInt(index)]));
  const bitOf = (set: number): bigint => bits.get(set) ?? 0n;
  const above = new Map<string, bigint>();
  for (const { id, inputs } of nodes) {
    const reads = inputs.map((read) => (above.get(read) ?? 0n) | bitOf(setAt(read)));
    above.set(
      id,
      reads.reduce((all, read) => all | read, 0n),
    );
  }
  return ({ id }, set) => ((above.get(id) ?? 0n) & bitOf(set)) !== 0n;
}
