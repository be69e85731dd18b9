import { buildGraph } from '../../src/network/graph.js';
import { findNeurons } from '../../src/network/neurons.js';
import type { PointLayout } from '../../src/network/point-layout.js';
import { tensorFacts } from '../../src/network/slots.js';

const GRAPH = buildGraph(
  [3],
  [
    { id: 'stem', layer: { op: 'dense', units: 16 } },
    { id: 'inner', layer: { op: 'dense', units: 4 } },
    { id: 'fire', layer: { op: 'activation', function: 'relu' } },
    { id: 'back', layer: { op: 'dense', units: 16 } },
    { id: 'sum', inputs: ['stem', 'back'], layer: { op: 'add' } },
    { id: 'logits', layer: { op: 'dense', units: 2 } },
  ],
);
const TABLE = findNeurons<number>(GRAPH);

/** One residual block: features to 16 neurons, these to 4 and back to the 16, these to 2 classes. */
export const RESIDUAL: PointLayout<number> = {
  neurons: TABLE.neurons,
  tensors: tensorFacts<number>(GRAPH, TABLE),
};
