import type { Dim, Shape } from '../onnx/dim.js';
import { INPUT, type NetworkGraph } from './graph.js';
import { layerOf } from './layers/registry.js';

/** A set of neurons, or of features or classes, that the axes of tensors run along. */
export interface Neurons<D extends Dim = number> {
  /** `input`, `output`, or `h1`, `h2`, … in the order in which layers open them. */
  readonly name: string;
  readonly size: D;
  /** The task fixes their order and size: features and classes. */
  readonly isFixed: boolean;
}

/** The neurons of a graph, and those that every value has. */
export interface NeuronTable<D extends Dim = number> {
  /** `input` first, then hidden ones, then `output`. */
  readonly neurons: readonly Neurons<D>[];
  /** Id of a node, or `input` → name of the neurons of its value. */
  readonly ofValue: ReadonlyMap<string, string>;
}

/** Name of the neurons that are the logits. */
export const OUTPUT = 'output';

/**
 * Finds the neurons of a graph by union of what layers share: a layer that opens neurons starts a
 * set, one that shares them, such as a sum, makes those of its inputs one. What is one with the
 * features or the logits is fixed.
 */
export function findNeurons<D extends Dim>({ input, nodes }: NetworkGraph): NeuronTable<D> {
  const sets = new DisjointSets();
  const setOf = new Map<string, number>([[INPUT, sets.add()]]);
  for (const { id, inputs, layer } of nodes) {
    if (layerOf(layer).neurons === 'opens') {
      setOf.set(id, sets.add());
      continue;
    }
    const [first = 0, ...others] = inputs.map((read) => setOf.get(read) ?? 0);
    for (const other of others) sets.join(first, other);
    setOf.set(id, first);
  }
  const names = new Map<number, string>([[sets.find(0), INPUT]]);
  const logits = sets.find(setOf.get(nodes.at(-1)?.id ?? INPUT) ?? 0);
  if (!names.has(logits)) names.set(logits, OUTPUT);
  const sizes = new Map<string, D>();
  const ofValue = new Map<string, string>();
  let hidden = 0;
  const shapes: readonly (readonly [string, Shape])[] = [
    [INPUT, input],
    ...nodes.map(({ id, shape }) => [id, shape] as const),
  ];
  for (const [id, shape] of shapes) {
    const root = sets.find(setOf.get(id) ?? 0);
    const name = names.get(root) ?? `h${++hidden}`;
    names.set(root, name);
    ofValue.set(id, name);
    // Neurons are the first axis of a value: features, or channels.
    if (!sizes.has(name)) sizes.set(name, (shape[0] ?? 1) as D);
  }
  const isFixed = (name: string): boolean => name === INPUT || name === OUTPUT;
  const ordered = [...sizes.keys()].sort((a, b) => Number(a === OUTPUT) - Number(b === OUTPUT));
  return {
    neurons: ordered.map((name) => ({ name, size: sizes.get(name) as D, isFixed: isFixed(name) })),
    ofValue,
  };
}

/** Union-find over 0, 1, 2, …; the smallest of a set stands for it. */
class DisjointSets {
  readonly #parents: number[] = [];

  add(): number {
    return this.#parents.push(this.#parents.length) - 1;
  }

  find(element: number): number {
    let root = element;
    while (this.#parents[root] !== root) root = this.#parents[root] as number;
    return root;
  }

  join(a: number, b: number): void {
    const [first, second] = [this.find(a), this.find(b)];
    this.#parents[Math.max(first, second)] = Math.min(first, second);
  }
}
