import { guidanceLoss, type GuidanceForm } from '../flow/guidance.js';
import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { batchShapes, familyLayout } from '../network/point-layout.js';
import type { Dim, Shape } from '../onnx/dim.js';
import { differentiate } from '../ops/differentiate.js';
import { plannedOperations } from './planned-operations.js';
import { RecordedGraph } from './recorded-graph.js';

/**
 * Evaluations of the velocity network that an evaluation of the guided velocity costs: a backward
 * pass takes two forward ones.
 */
export const GUIDED_EVALUATIONS: Readonly<Record<GuidanceForm, number>> = {
  'end-point': 1,
  'through-network': 3,
  'current-point': 1,
  descent: 1,
};

/** By family and activations: planning asks for the same few architectures again and again. */
const known = new Map<string, Dim>();
const MOST_KNOWN = 64;

/**
 * Planned operations of the gradient of guidance for networks of a family: a polynomial in `batch`,
 * `rows` and the widths. Reduced networks cost less, since they have fewer inputs.
 */
export function guidanceOperations(architecture: Architecture): Dim {
  const { family, activations } = networkOf(architecture);
  const key = `${family.key}/${activations.join(',')}`;
  const operations = known.get(key) ?? counted(architecture);
  if (known.size === MOST_KNOWN) known.clear();
  known.set(key, operations);
  return operations;
}

function counted(architecture: Architecture): Dim {
  const { family, inputs, outputs } = networkOf(architecture);
  // Its log scale makes a canonical form the dearer one.
  const layout = familyLayout(family, true);
  const graph = new RecordedGraph('guidance');
  const shapes = batchShapes(layout);
  const point = layout.tensors.map(({ name }, index) =>
    graph.input(`x.${name}`, shapes[index] as Shape),
  );
  const guide = {
    architecture,
    rows: graph.input('rows', ['rows', inputs]),
    targets: graph.input('targets', ['rows', outputs]),
    scales: graph.input('scales', [point.length + 1]),
  };
  const loss = guidanceLoss(graph.ops, guide, { layout, tensors: point });
  const gradient = differentiate(graph.ops, loss, point);
  return plannedOperations(graph.build(gradient.map((value, k) => [`gradient.${k}`, value])));
}
