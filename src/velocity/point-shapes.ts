import type { Dim, Shape } from '../onnx/dim.js';
import type { DimValues } from '../onnx/dim-value.js';
import { hasScaleCoordinate } from './velocity-network.js';

/**
 * Shapes of a batch of points of layer widths `(d_0, …, d_L)`: `w1 [batch, d_0, d_1]`,
 * `b1 [batch, d_1]`, …, and `s [batch, 1]` where the points have a log scale.
 */
export function pointShapes(widths: readonly Dim[], withScale: boolean): readonly Shape[] {
  const layers = widths.slice(1).flatMap((width, layer): readonly Shape[] => [
    ['batch', widths[layer] as Dim, width],
    ['batch', width],
  ]);
  return withScale ? [...layers, ['batch', 1]] : layers;
}

/** {@link pointShapes} with the symbols `h1`, `h2`, … for the widths of `hidden` hidden layers. */
export function symbolicPointShapes(
  hidden: number,
  inputs: number,
  outputs: number,
  withScale: boolean,
): readonly Shape[] {
  const symbols = Array.from({ length: hidden }, (_, index) => `h${String(index + 1)}`);
  return pointShapes([inputs, ...symbols, outputs], withScale);
}

/** Values of the symbols of {@link symbolicPointShapes}. */
export function pointDims(hiddenWidths: readonly number[], batch: number): DimValues {
  return Object.fromEntries([
    ['batch', batch],
    ...hiddenWidths.map((width, index) => [`h${String(index + 1)}`, width] as const),
  ]);
}

/** Names of the tensors of a point: `w1, b1, w2, …`, and `s` for a log scale. */
export function pointNames(tensors: number): readonly string[] {
  const names = Array.from(
    { length: tensors },
    (_, index) => `${index % 2 === 0 ? 'w' : 'b'}${String(Math.floor(index / 2) + 1)}`,
  );
  return hasScaleCoordinate(tensors) ? [...names.slice(0, -1), 's'] : names;
}
