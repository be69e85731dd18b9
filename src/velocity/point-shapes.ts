import type { Shape } from '../onnx/dim.js';
import { hasScaleCoordinate } from './velocity-network.js';

/**
 * Symbolic shapes of a batch of points with `hidden` hidden layers: `w1 [batch, d_0, h1]`,
 * `b1 [batch, h1]`, `w2 [batch, h1, h2]`, …, and `s [batch, 1]` where the points have a log scale.
 */
export function symbolicPointShapes(
  hidden: number,
  inputs: number,
  outputs: number,
  withScale: boolean,
): readonly Shape[] {
  const width = (layer: number): number | string => {
    if (layer === 0) return inputs;
    return layer > hidden ? outputs : `h${String(layer)}`;
  };
  const layers = Array.from({ length: hidden + 1 }, (_, index): readonly Shape[] => [
    ['batch', width(index), width(index + 1)],
    ['batch', width(index + 1)],
  ]).flat();
  return withScale ? [...layers, ['batch', 1]] : layers;
}

/** Names of the tensors of a point: `w1, b1, w2, …`, and `s` for a log scale. */
export function pointNames(tensors: number): readonly string[] {
  const names = Array.from(
    { length: tensors },
    (_, index) => `${index % 2 === 0 ? 'w' : 'b'}${String(Math.floor(index / 2) + 1)}`,
  );
  return hasScaleCoordinate(tensors) ? [...names.slice(0, -1), 's'] : names;
}
