import { multiplyDims, type Dim } from '../onnx/dim.js';
import { INPUT, inputShapes, type GraphNode, type NetworkGraph } from './graph.js';
import { layerOf } from './layers/registry.js';
import { OUTPUT, type NeuronTable } from './neurons.js';

/** A tensor of a network, or with symbols of all networks of a family. */
export interface TensorFacts<D extends Dim = Dim> {
  /** `w1`, `b1`, `w2`, …: layers with tensors numbered from 1, in the order of the graph. */
  readonly name: string;
  readonly role: 'weight' | 'bias';
  /** Id of its node. */
  readonly node: string;
  /** Weights `[fanIn, fanOut]` (row-vector convention, `y = x·W + b`), biases `[fanOut]`. */
  readonly shape: readonly D[];
  /** Name of the neurons along each axis; null for an axis without any. */
  readonly axes: readonly (string | null)[];
  /** Neurons that it leads from; null for a bias. */
  readonly from: string | null;
  /** Neurons that it leads to. */
  readonly to: string;
  /**
   * Spheres of its canonical form: one for what leads to each neuron, one for the whole tensor, or
   * none. Of networks without scale symmetry it says what would be.
   */
  readonly sphere: 'neurons' | 'whole' | null;
  /** Numbers per pair of neurons. */
  readonly features: number;
  /** Inputs of one output of its layer, and outputs: of weight and bias alike. */
  readonly fanIn: D;
  readonly fanOut: D;
  /** Name in torch's `state_dict`. */
  readonly torchName: string;
  /** Axes in torch's order: torch's axis i is ours `torchAxes[i]`. */
  readonly torchAxes: readonly number[];
}

/** Where one tensor of a network lies in its flat weight vector. */
export interface TensorSlot extends TensorFacts<number> {
  /** Position of the first element in the flat vector. */
  readonly offset: number;
  readonly size: number;
}

/** The tensors of a graph in flat order: by node, weight before bias. */
export function tensorFacts<D extends Dim>(
  graph: NetworkGraph,
  { ofValue }: NeuronTable<D>,
): readonly TensorFacts<D>[] {
  let layers = 0;
  return graph.nodes.flatMap((node) => {
    const shapes = inputShapes(graph, node);
    const kind = layerOf(node.layer);
    const tensors = kind.tensors(node.layer, shapes, node.shape);
    if (tensors.length === 0) return [];
    layers++;
    const from = ofValue.get(node.inputs[0] ?? INPUT) ?? INPUT;
    const to = ofValue.get(node.id) ?? INPUT;
    return tensors.map(({ role, shape, axes, features, torchName, torchAxes }) => ({
      name: `${role === 'weight' ? 'w' : 'b'}${layers}`,
      role,
      node: node.id,
      shape: shape as readonly D[],
      axes: axes.map((end) => (end === null ? null : end === 'in' ? from : to)),
      from: role === 'weight' ? from : null,
      to,
      sphere: role === 'bias' ? null : sphereOf(graph, ofValue, node, to),
      features,
      fanIn: kind.fanIn(shapes) as D,
      fanOut: (node.shape[0] ?? 1) as D,
      torchName: `${node.id}.${torchName}`,
      torchAxes,
    }));
  });
}

/** Places tensors one after the other, each row-major. */
export function placeTensors(tensors: readonly TensorFacts<number>[]): readonly TensorSlot[] {
  let offset = 0;
  return tensors.map((facts) => {
    const size = facts.shape.reduce((product, dim) => product * dim, 1);
    const slot = { ...facts, offset, size };
    offset += size;
    return slot;
  });
}

/** Number of elements of a tensor, with symbols where its shape has some. */
export function elementsOf({ shape }: Pick<TensorFacts, 'shape'>): Dim {
  return multiplyDims(...shape);
}

/**
 * In a residual group only what does not lie downstream of it can be brought to norm 1: the norms of
 * the rest depend on the group's own scales.
 */
function sphereOf(
  graph: NetworkGraph,
  ofValue: NeuronTable['ofValue'],
  node: GraphNode,
  to: string,
): TensorFacts['sphere'] {
  if (to === OUTPUT) return 'whole';
  return to === INPUT || liesAfter(graph, node, (id) => ofValue.get(id) === to) ? null : 'neurons';
}

/** Whether a node reads, at some remove, a value of a kind. */
function liesAfter(
  { nodes }: NetworkGraph,
  target: GraphNode,
  isStart: (id: string) => boolean,
): boolean {
  const after = new Set<string>();
  for (const { id, inputs } of nodes) {
    if (inputs.some((read) => isStart(read) || after.has(read))) after.add(id);
    if (id === target.id) break;
  }
  return after.has(target.id);
}
