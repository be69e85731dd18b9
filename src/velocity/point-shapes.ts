import type { Shape } from '../onnx/dim.js';

/**
 * Symbolic shapes of a batch of points with `hidden` hidden layers: `w1 [batch, d_0, h1]`,
 * `b1 [batch, h1]`, `w2 [batch, h1, h2]`, …
 */
export function symbolicPointShapes(
  hidden: number,
  inputs: number,
  outputs: number,
): readonly Shape[] {
  const width = (layer: number): number | string => {
    if (layer === 0) return inputs;
    return layer > hidden ? outputs : `h${String(layer)}`;
  };
  return Array.from({ length: hidden + 1 }, (_, index): readonly Shape[] => [
    ['batch', width(index), width(index + 1)],
    ['batch', width(index + 1)],
  ]).flat();
}

/** Names of the tensors of a point: `w1, b1, w2, …`. */
export function pointNames(tensors: number): readonly string[] {
  return Array.from(
    { length: tensors },
    (_, index) => `${index % 2 === 0 ? 'w' : 'b'}${String(Math.floor(index / 2) + 1)}`,
  );
}
