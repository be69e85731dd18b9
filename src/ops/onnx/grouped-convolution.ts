import { multiplyDims, sameShape, type Shape } from '../../onnx/dim.js';
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
  const [ofImages, ofFilters] = [x, filters].map((value) => ops.shape(value).slice(0, -4));
  const [n = 1, ...image] = ops.shape(x).slice(-4);
  const [o = 1, ...filter] = ops.shape(filters).slice(-4);
  const networks = multiplyDims(...(ofFilters ?? []));
  const copies = multiplyDims(...(ofImages ?? []));
  const lead = (ofFilters ?? []).length >= (ofImages ?? []).length ? ofFilters : ofImages;
  const result = (value: T): T =>
    ops.reshape(value, [...(lead ?? []), n, o, ...ops.shape(value).slice(-2)]);

  if (networks === 1) {
    // The same filters for all images.
    const images = ops.reshape(x, [multiplyDims(copies, n), ...image]);
    return result(conv(images, ops.reshape(filters, [o, ...filter]), 1));
  }
  if (
    typeof networks !== 'number' ||
    !(copies === 1 || sameShape(ofImages ?? [], ofFilters ?? []))
  ) {
    return convolutionByProducts(ops, x, filters);
  }
  const kernels = ops.reshape(filters, [networks * Number(o), ...filter]);
  const [channels = 1, ...sides] = image;
  const images =
    copies === 1
      ? ops.reshape(x, [n, ...image])
      : ops.reshape(firstTwoSwapped(ops, ops.reshape(x, [networks, n, ...image])), [
          n,
          multiplyDims(networks, channels),
          ...sides,
        ]);
  const product = conv(images, kernels, copies === 1 ? 1 : networks);
  const places: Shape = ops.shape(product).slice(-2);
  return result(firstTwoSwapped(ops, ops.reshape(product, [n, networks, o, ...places])));
}

/** [a, b, ...] → [b, a, ...] */
function firstTwoSwapped<T>(ops: TensorOps<T>, x: T): T {
  const rest = ops.shape(x).slice(2);
  return ops.transpose(x, [1, 0, ...rest.map((_, axis) => axis + 2)]);
}
