import { multiplyDims, sameShape } from '../../onnx/dim.js';
import { broadcastShapes } from '../../onnx/dim-algebra.js';
import { convolutionByProducts } from '../composites/windows.js';
import type { TensorOps } from '../tensor-ops.js';

/**
 * `conv2d` by ONNX's `Conv`, which has one batch axis: leading axes, such as networks side by side,
 * become groups of channels.
 *
 * @param conv - `Conv` of images [n, group · c, h, w] and filters [group · o, c, k, l]
 */
export function groupedConvolution<T>(
  ops: TensorOps<T>,
  x: T,
  filters: T,
  conv: (images: T, filters: T, group: number) => T,
): T {
  const ofImages = ops.shape(x).slice(0, -4);
  const ofFilters = ops.shape(filters).slice(0, -4);
  const [n = 1, channels = 1, ...sides] = ops.shape(x).slice(-4);
  const [o = 1, ...filter] = ops.shape(filters).slice(-4);
  const [copies, networks] = [multiplyDims(...ofImages), multiplyDims(...ofFilters)];
  const result = (value: T): T =>
    ops.reshape(value, [
      ...(broadcastShapes(ofImages, ofFilters) ?? []),
      n,
      o,
      ...ops.shape(value).slice(-2),
    ]);
  if (networks === 1) {
    // The same filters for all images.
    const images = ops.reshape(x, [multiplyDims(copies, n), channels, ...sides]);
    return result(conv(images, ops.reshape(filters, [o, ...filter]), 1));
  }
  const isShared = copies === 1;
  const isPaired = typeof networks === 'number' && sameShape(ofImages, ofFilters);
  // The number of groups is part of an ONNX graph.
  if (!isShared && !isPaired) return convolutionByProducts(ops, x, filters);
  const images = isShared
    ? ops.reshape(x, [n, channels, ...sides])
    : ops.reshape(firstTwoSwapped(ops, ops.reshape(x, [networks, n, channels, ...sides])), [
        n,
        multiplyDims(networks, channels),
        ...sides,
      ]);
  const kernels = ops.reshape(filters, [multiplyDims(networks, o), ...filter]);
  const product = conv(images, kernels, isShared ? 1 : Number(networks));
  const places = ops.shape(product).slice(-2);
  return result(firstTwoSwapped(ops, ops.reshape(product, [n, networks, o, ...places])));
}

/** [a, b, ...] → [b, a, ...] */
function firstTwoSwapped<T>(ops: TensorOps<T>, x: T): T {
  const rest = ops.shape(x).slice(2);
  return ops.transpose(x, [1, 0, ...rest.map((_, axis) => axis + 2)]);
}
