import { ensure } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { familyWithInput, type Family } from '../network/family.js';
import { INPUT, type GraphNode } from '../network/graph.js';
import { layerOf, type LayerNode } from '../network/layers/registry.js';
import { networkOf } from '../network/network.js';
import { withInput } from '../network/resize.js';
import type { TensorFacts } from '../network/slots.js';
import type { ConvolutionOptions } from '../ops/composites/convolution.js';
import { patchCounts, samePatches, sharedPatches, type ImagePatches } from './image-patches.js';
import { readsFeatures } from './reads-features.js';

/** What an input metric measures, and in how many directions. */
export interface MetricShape {
  /** d: features of a row, or numbers of one patch. */
  readonly features: number;
  /** K */
  readonly rank: number;
  /** Of images whose patches it measures. Default: it measures whole rows. */
  readonly patches?: ImagePatches | undefined;
}

/** A white patch is one place of the reduced network's images, with K channels. */
const PLACES: ConvolutionOptions = { size: 1, stride: 1, padding: 0 };

/** Numbers per row of the networks that are reduced. */
export function featuresOf({ features, patches }: MetricShape): number {
  return patches === undefined ? features : patches.image.reduce((product, side) => product * side);
}

/** One row of white inputs: K numbers, or K channels of as many places as there are patches. */
export function whiteShape({ rank, patches }: MetricShape): readonly number[] {
  return patches === undefined ? [rank] : [rank, ...patchCounts(patches)];
}

/**
 * The architecture of networks reduced by an input metric of rank K: K inputs in place of d. Kernels
 * become those of one place.
 *
 * @throws WeightspringError `unsupported-architecture` for a network on other features, and for one
 * whose features are read by anything but dense layers, or by anything but convolutions with the
 * metric's patches: only these can absorb a linear map
 */
export function reducedArchitecture(arch: Architecture, metric: MetricShape): Architecture {
  const { inputs, key, graph, neuronsOf, slots } = networkOf(arch);
  const { patches } = metric;
  ensure(
    inputs === featuresOf(metric),
    'unsupported-architecture',
    () => `expected a network on ${featuresOf(metric)} features, got ${key}`,
    'architecture.layers',
  );
  const own = sharedPatches([arch]);
  const isFitting =
    patches === undefined
      ? graph.input.length === 1 &&
        graph.nodes.every(({ id }) => neuronsOf.get(id) !== INPUT) &&
        slots.filter(readsFeatures).every(({ shape }) => shape.length === 2)
      : own !== null && samePatches(own, patches);
  ensure(
    isFitting,
    'unsupported-architecture',
    () =>
      `expected features that only ${patches === undefined ? 'dense layers' : nameOf(patches)} ` +
      `read, as an input metric requires, got ${key}`,
    'architecture.nodes',
  );
  if (patches === undefined) return withInput(arch, whiteShape(metric));
  return withInput(arch, whiteShape(metric), readingPatches(slots, PLACES));
}

/** The family of the networks that are reduced to those of a family. */
export function unreducedFamily(family: Family, { features, patches }: MetricShape): Family {
  if (patches === undefined) return familyWithInput(family, [features]);
  return familyWithInput(family, patches.image, readingPatches(family.tensors, patches));
}

/** Whatever reads the features, with other patches. */
function readingPatches(
  tensors: readonly TensorFacts[],
  patches: ConvolutionOptions,
): (node: GraphNode) => LayerNode {
  const readers = new Set(tensors.filter(readsFeatures).map(({ node }) => node));
  return ({ id, layer }) =>
    readers.has(id) ? (layerOf(layer).withPatches?.(layer, patches) ?? layer) : layer;
}

function nameOf({ size, stride, padding }: ImagePatches): string {
  return `convolutions of ${size}×${size}, stride ${stride} and padding ${padding}`;
}
