import { ensure } from '../../errors.js';
import { formatShape, type Dim, type Shape } from '../../onnx/dim.js';
import { windowCount, type Windows } from '../../ops/composites/windows.js';

/** Channels, height and width of one row. */
export type ImageShape = readonly [channels: Dim, height: number, width: number];

/**
 * The shape of one row as an image.
 *
 * @param reader - what reads it, for the message
 * @throws WeightspringError `invalid-argument` for any other shape
 */
export function imageShape(reader: string, shape: Shape): ImageShape {
  const [channels, height, width] = shape;
  ensure(
    shape.length === 3 && channels !== undefined && isNumber(height) && isNumber(width),
    'invalid-argument',
    () => `${reader} reads images of shape [channels, height, width], got ${formatShape(shape)}`,
  );
  return [channels, height as number, width as number];
}

/**
 * The shape of images with one number per window of others.
 *
 * @param reader - what the windows are, for the message
 * @throws WeightspringError `invalid-argument` for images smaller than a window
 */
export function windowedShape(reader: string, image: Shape, windows: Windows): ImageShape {
  const [channels, ...sides] = imageShape(reader, image);
  const [height = 0, width = 0] = sides.map((side) => windowCount(side, windows));
  ensure(
    height >= 1 && width >= 1,
    'invalid-argument',
    () =>
      `${reader} of ${windows.size}×${windows.size} is larger than the images of shape ` +
      formatShape(image),
  );
  return [channels, height, width];
}

function isNumber(dim: Dim | undefined): boolean {
  return typeof dim === 'number';
}
