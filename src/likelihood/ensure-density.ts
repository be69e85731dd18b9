import { ensure } from '../errors.js';
import { pointGeometry } from '../flow/geometry.js';
import { hasSkip } from '../flow/prediction.js';
import { INPUT } from '../network/graph.js';
import { OUTPUT, type Neurons } from '../network/neurons.js';
import type { PointLayout, PointTensor } from '../network/point-layout.js';
import { sizeOf } from '../ops/shape-rules.js';
import type { FlowField } from './likelihood-flow.js';

/**
 * Refuses networks whose flow has no density. An end point predicted without a skip connection from
 * x_t lies in a space of at most as many dimensions as the velocity network has features; if there
 * are more coordinates, there is no density.
 *
 * @throws WeightspringError `invalid-argument`
 * @see notation §11
 */
export function ensureDensity(
  { network: { bottleneck }, prediction, geometry, skip = 'all' }: FlowField,
  layout: PointLayout<number>,
): void {
  if (bottleneck === undefined || prediction === 'velocity') return;
  const { data } = pointGeometry(geometry, layout.tensors);
  const written = layout.tensors.filter(
    (tensor, index) => !hasSkip(skip, data.factors[index]?.isFlat !== false, tensor),
  );
  const { per, width } = bottleneck;
  const coordinates =
    per === 'point'
      ? written.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
      : Math.max(
          0,
          ...layout.neurons
            .filter(({ isFixed }) => !isFixed)
            .map((neurons) => writtenBy(neurons, written)),
        );
  ensure(
    // A layer norm takes two dimensions of the features, a sphere one of the coordinates.
    coordinates === 0 || coordinates < width,
    'invalid-argument',
    () =>
      `the flow predicts ${coordinates} coordinates of each ${per} from ${width} features and keeps ` +
      'nothing of the noise (skip), so its networks have no density: train a flow with --skip all, ' +
      `with --width above ${coordinates}, or with fewer directions of --input-metric`,
    'flow',
  );
}

/** Coordinates of weights between one of these hidden neurons and what the task fixes. */
function writtenBy({ name, size }: Neurons, tensors: readonly PointTensor<number>[]): number {
  return tensors.reduce((sum, { from, to, shape }) => {
    const isBetween = (from === INPUT && to === name) || (from === name && to === OUTPUT);
    return isBetween ? sum + sizeOf(shape) / size : sum;
  }, 0);
}
