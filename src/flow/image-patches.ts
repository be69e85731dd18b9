import { networkOf } from '../network/network.js';
import type { Architecture } from '../network/architecture.js';
import { INPUT } from '../network/graph.js';
import { layerOf } from '../network/layers/registry.js';
import { sameShape } from '../onnx/dim.js';
import type { ConvolutionOptions } from '../ops/composites/convolution.js';
import { windowCount } from '../ops/composites/windows.js';
import { readsFeatures } from './reads-features.js';

/** All patches of an image that a convolution reads. */
export interface ImagePatches extends ConvolutionOptions {
  /** Channels, height and width of the image. */
  readonly image: readonly [channels: number, height: number, width: number];
}

/** Numbers of one patch: the inputs of one kernel. */
export function patchSize({ image, size }: ImagePatches): number {
  return image[0] * size * size;
}

/** How many patches lie below and beside each other. */
export function patchCounts({ image, padding, ...windows }: ImagePatches): readonly number[] {
  return image.slice(1).map((side) => windowCount(side + 2 * padding, windows));
}

/**
 * The patches of images.
 *
 * @param images - [n, channels · height · width]
 * @returns [n · patches, channels · size²], each in the order of a kernel
 */
export function patchesOf(images: ArrayLike<number>, shape: ImagePatches): Float32Array {
  const { image, size, stride, padding } = shape;
  const [channels, height, width] = image;
  const [rows = 0, columns = 0] = patchCounts(shape);
  const area = height * width;
  const count = images.length / (channels * area);
  const result = new Float32Array(count * rows * columns * patchSize(shape));
  let at = 0;
  for (let n = 0; n < count; n++) {
    for (let i = -padding, row = 0; row < rows; row++, i += stride) {
      for (let j = -padding, column = 0; column < columns; column++, j += stride) {
        for (let c = 0; c < channels; c++) {
          const plane = (n * channels + c) * area;
          for (let u = i; u < i + size; u++) {
            for (let v = j; v < j + size; v++, at++) {
              // What lies outside the image is zero.
              if (u < 0 || u >= height || v < 0 || v >= width) continue;
              result[at] = images[plane + u * width + v] as number;
            }
          }
        }
      }
    }
  }
  return result;
}

/**
 * The patches that everything in these networks reads that reads their images; null where that is not
 * one and the same for all.
 */
export function sharedPatches(networks: readonly Architecture[]): ImagePatches | null {
  const [first = null, ...others] = networks.flatMap(readPatches);
  if (first === null) return null;
  return others.every((other) => other !== null && samePatches(other, first)) ? first : null;
}

export function samePatches(a: ImagePatches, b: ImagePatches): boolean {
  const isSame = a.size === b.size && a.stride === b.stride && a.padding === b.padding;
  return isSame && sameShape(a.image, b.image);
}

function readPatches(arch: Architecture): readonly (ImagePatches | null)[] {
  const { graph, slots, neuronsOf } = networkOf(arch);
  const [channels, height, width] = graph.input as readonly number[];
  // What passes the features on, such as pooling, does not multiply patches.
  if (graph.nodes.some(({ id }) => neuronsOf.get(id) === INPUT)) return [null];
  return slots.filter(readsFeatures).map(({ node }) => {
    const layer = graph.nodes.find(({ id }) => id === node)?.layer;
    const patches = layer && layerOf(layer).patches?.(layer);
    return patches === undefined ||
      channels === undefined ||
      height === undefined ||
      width === undefined
      ? null
      : { ...patches, image: [channels, height, width] };
  });
}
