import { layerOf } from './layers/registry.js';
import type { LayerSymmetry, NeuronSymmetry } from './layers/layer.js';
import type { NetworkGraph } from './graph.js';
import type { NeuronTable, Neurons } from './neurons.js';
import type { TensorSlot } from './slots.js';

/**
 * Hidden neurons that may be permuted together, with what else may be done to each.
 *
 * For one neuron of symmetry `scale` and a factor n > 0: all that writes it divided by n and all that
 * reads it multiplied by n leaves the function as it is; of `sign`, the same for n = −1.
 */
export interface NeuronGroup extends Neurons {
  readonly symmetry: NeuronSymmetry;
  /** Weights and biases that lead to its neurons. */
  readonly writers: readonly TensorSlot[];
  /**
   * The weights among the writers whose columns a canonical form brings to norm 1: those that do not
   * lie downstream of the group. In a residual group the others depend on it, so that a norm over
   * all of them need not exist.
   */
  readonly stem: readonly TensorSlot[];
  /** Weights that lead away from them. */
  readonly readers: readonly TensorSlot[];
}

/**
 * The groups of a graph in the order in which layers open them.
 *
 * A group has a scale symmetry where every layer that its neurons pass through is positively
 * homogeneous and something upstream writes it, a sign symmetry where each is odd.
 */
export function findGroups(
  graph: NetworkGraph,
  { neurons, ofValue }: NeuronTable,
  slots: readonly TensorSlot[],
): readonly NeuronGroup[] {
  return neurons
    .filter(({ isFixed }) => !isFixed)
    .map((group) => {
      const { name } = group;
      const writers = slots.filter(({ to }) => to === name);
      const stem = writers.filter(({ sphere }) => sphere === 'neurons');
      const symmetries = graph.nodes
        .filter((node) => layerOf(node.layer).neurons === 'shares' && ofValue.get(node.id) === name)
        .map(({ layer }) => layerOf(layer).symmetry(layer));
      const symmetry = common(symmetries);
      return {
        ...group,
        symmetry: symmetry === 'scale' && stem.length === 0 ? 'none' : symmetry,
        writers,
        stem,
        readers: slots.filter(({ from }) => from === name),
      };
    });
}

/** What all layers leave; where all are linear, scales. */
function common(symmetries: readonly LayerSymmetry[]): NeuronSymmetry {
  const [first = 'scale', ...others] = symmetries.filter((symmetry) => symmetry !== 'all');
  return others.every((other) => other === first) ? first : 'none';
}
