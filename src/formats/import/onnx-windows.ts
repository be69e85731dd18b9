import { foreign } from './foreign-tensor.js';
import { attributeOf, integersOf, type ForeignNode } from './onnx-values.js';

/** Sides and strides of square windows. @throws WeightspringError `data-corrupt` for others */
export function windowsOf(node: ForeignNode): { readonly size: number; readonly stride: number } {
  const [size = 0, width = 0] = integersOf(node, 'kernel_shape');
  const { stride, padding } = convolutionOptions(node);
  if (size !== width || padding !== 0 || attributeOf(node, 'ceil_mode', 0) !== 0) {
    throw foreign('expected square windows without padding, the last ones whole');
  }
  return { size, stride };
}

/** @throws WeightspringError `data-corrupt` for what differs between axes or sides, and dilations */
export function convolutionOptions(node: ForeignNode): {
  readonly stride: number;
  readonly padding: number;
} {
  const strides = integersOf(node, 'strides');
  const pads = integersOf(node, 'pads');
  const dilations = integersOf(node, 'dilations');
  const isOne = (values: readonly number[]): boolean => new Set(values).size <= 1;
  const automatic = (node.attribute ?? []).find(({ name }) => name === 'auto_pad')?.s;
  const isExplicit =
    automatic === undefined ||
    automatic === null ||
    ['', 'NOTSET', 'VALID'].includes(new TextDecoder().decode(automatic));
  if (!isOne(strides) || !isOne(pads) || !isExplicit || dilations.some((own) => own !== 1)) {
    throw foreign('expected one stride and one padding for all sides, and no dilation');
  }
  return { stride: strides[0] ?? 1, padding: pads[0] ?? 0 };
}

/** Where the numbers of an image with its channels first lie in one with them last. */
export function channelsFirstOrder(
  image: readonly number[] | undefined,
  inputs: number,
): Int32Array | null {
  if (image === undefined) return null;
  const [channels = 1] = image;
  const places = inputs / channels;
  return Int32Array.from(
    { length: inputs },
    (_, i) => (i % places) * channels + Math.floor(i / places),
  );
}
