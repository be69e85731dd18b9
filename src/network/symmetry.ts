import type { NetworkGraph } from './graph.js';
import { groupBy } from './group-by.js';
import type { LayerSymmetry, NeuronSymmetry } from './layers/layer.js';
import { layerOf } from './layers/registry.js';
import type { Neurons, NeuronTable } from './neurons.js';
import type { TensorSlot } from './slots.js';

/** Hidden neurons that are permuted together, with the other symmetry of each. */
export interface NeuronGroup extends Neurons {
  /** Symmetry of each neuron: see {@link NeuronSymmetry}. */
  readonly symmetry: NeuronSymmetry;
  /** Weights and biases that lead to its neurons. */
  readonly writers: readonly TensorSlot[];
  /** The weights among the writers whose joint norm a canonical form brings to 1: see `findStems`. */
  readonly stem: readonly TensorSlot[];
  /** Weights that read its neurons. */
  readonly readers: readonly TensorSlot[];
}

/**
 * The groups of a graph, in the order of their neurons.
 *
 * A group has the symmetry that all layers on the way of its neurons preserve: scale if each is
 * positively homogeneous, sign if each is odd. Without a stem there is no norm to fix a scale by.
 */
export function findGroups(
  graph: NetworkGraph,
  { neurons, ofValue }: NeuronTable,
  slots: readonly TensorSlot[],
): readonly NeuronGroup[] {
  const writersOf = groupBy(slots, (slot) => (isWriter(slot) ? slot.to : null));
  const readers = groupBy(slots, ({ from }) => from);
  const shared = groupBy(graph.nodes, ({ id, layer }) =>
    layerOf(layer).neurons === 'shares' ? (ofValue.get(id) ?? null) : null,
  );
  return neurons
    .filter(({ isFixed }) => !isFixed)
    .map((group) => {
      const writers = writersOf.get(group.name) ?? [];
      const stem = writers.filter(({ sphere }) => sphere === 'neurons');
      const passed = shared.get(group.name) ?? [];
      const symmetry = commonSymmetry(passed.map(({ layer }) => layerOf(layer).symmetry(layer)));
      return {
        symmetry: symmetry === 'scale' && stem.length === 0 ? 'none' : symmetry,
        writers,
        stem,
        readers: readers.get(group.name) ?? [],
        ...group,
      };
    });
}

/**
 * Whether a tensor is rescaled with the neurons that it leads to: a gain is not, since it
 * multiplies values that already are.
 */
export function isWriter({ role }: Pick<TensorSlot, 'role'>): boolean {
  return role !== 'gain';
}

/** The symmetry that all layers preserve; scale if all are linear. */
function commonSymmetry(symmetries: readonly LayerSymmetry[]): NeuronSymmetry {
  const [first = 'scale', ...others] = symmetries.filter((symmetry) => symmetry !== 'all');
  return others.every((other) => other === first) ? first : 'none';
}
