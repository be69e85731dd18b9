import type { Dim, Shape } from '../onnx/dim.js';
import { DisjointSets } from './disjoint-sets.js';
import { INPUT, logitsNode, type NetworkGraph } from './graph.js';
import { layerOf } from './layers/registry.js';
import { findStems } from './stems.js';

/** Name of the neurons that are the logits. */
export const OUTPUT = 'output';

/** A set of neurons, features or classes that axes of tensors run along. */
export interface Neurons<D extends Dim = number> {
  /** `input`, `output`, or `h1`, `h2`, … for hidden neurons. */
  readonly name: string;
  readonly size: D;
  /** The task fixes their order and size: features and classes. */
  readonly isFixed: boolean;
}

/** The neurons of a graph. */
export interface NeuronTable<D extends Dim = number> {
  /** `input` first, then hidden neurons, then `output`. */
  readonly neurons: readonly Neurons<D>[];
  /** Id of a node, or `input` → name of the neurons of its value. */
  readonly ofValue: ReadonlyMap<string, string>;
  /** Ids of the nodes whose weights a canonical form normalises. */
  readonly stems: ReadonlySet<string>;
}

/**
 * Finds the neurons of a graph by union-find over its values: a layer that opens neurons starts a
 * set; one that shares them, such as a sum, merges the sets of its inputs. Neurons merged with the
 * features or the logits are fixed.
 *
 * Hidden neurons are numbered as {@link findStems} orders them; for a perceptron, from the input.
 */
export function findNeurons<D extends Dim>(graph: NetworkGraph): NeuronTable<D> {
  const setOf = setsOfValues(graph);
  const setAt = (value: string): number => setOf.get(value) ?? 0;
  const features = setAt(INPUT);
  const logits = setAt(logitsNode(graph).id);
  const isHidden = (set: number): boolean => set !== features && set !== logits;
  const { order, stems } = findStems(graph, setAt, isHidden);
  const sizes = sizesOfSets(graph, setAt);
  const names = new Map<number, string>([[features, INPUT]]);
  for (const set of order) names.set(set, `h${names.size}`);
  if (logits !== features) names.set(logits, OUTPUT);
  return {
    neurons: [...names].map(([set, name]) => ({
      name,
      size: sizes.get(set) as D,
      isFixed: !isHidden(set),
    })),
    ofValue: new Map([...setOf].map(([value, set]) => [value, names.get(set) as string])),
    stems,
  };
}

/** The set of neurons of every value, numbered in the order in which layers open them. */
function setsOfValues({ nodes }: NetworkGraph): ReadonlyMap<string, number> {
  const sets = new DisjointSets();
  const elements = new Map<string, number>([[INPUT, sets.add()]]);
  for (const { id, inputs, layer } of nodes) {
    if (layerOf(layer).neurons === 'opens') {
      elements.set(id, sets.add());
      continue;
    }
    const [first = 0, ...others] = inputs.map((read) => elements.get(read) ?? 0);
    for (const other of others) sets.join(first, other);
    elements.set(id, first);
  }
  return new Map([...elements].map(([value, element]) => [value, sets.find(element)]));
}

/** Neurons are the first axis of the value that opens them: features, units, or channels. */
function sizesOfSets(
  { input, nodes }: NetworkGraph,
  setAt: (value: string) => number,
): ReadonlyMap<number, Dim> {
  const firstDim = ([size = 1]: Shape): Dim => size;
  const opened = nodes.filter(({ layer }) => layerOf(layer).neurons === 'opens');
  return new Map([
    [setAt(INPUT), firstDim(input)],
    ...opened.map(({ id, shape }): [number, Dim] => [setAt(id), firstDim(shape)]),
  ]);
}
