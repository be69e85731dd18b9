import { describe, expect, it } from 'vitest';
import { FLOW_GEOMETRIES } from '../../src/flow/geometry.js';
import {
  patchCounts,
  patchesOf,
  patchSize,
  sharedPatches,
  type ImagePatches,
} from '../../src/flow/image-patches.js';
import type { InputMetric } from '../../src/flow/input-metric.js';
import { unreducedFamily } from '../../src/flow/reduced-architecture.js';
import {
  architecture,
  graphArchitecture,
  type Architecture,
  type ArchitectureNode,
} from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import { networkOf } from '../../src/network/network.js';
import { Random } from '../../src/random.js';
import { fitPatchSpectrum, inputMetricOf } from '../../src/training/fit-input-metric.js';
import { thrownBy } from '../support/error-code.js';
import { fittedSpace } from '../support/fitted-space.js';

/** Unequal sides tell rows from columns. */
const IMAGE = [2, 6, 5] as const;
const relu: ArchitectureNode = { op: 'activation', function: 'relu' };

function network(first: Extract<ArchitectureNode, { op: 'conv2d' }>): Architecture {
  return graphArchitecture({
    input: IMAGE,
    nodes: [first, relu, { op: 'conv2d', channels: 2, kernel: 2 }, relu, ...end(3)],
  });
}

const end = (units: number): ArchitectureNode[] => [{ op: 'flatten' }, { op: 'dense', units }];

const CONVOLUTIONS = {
  plain: { op: 'conv2d', channels: 3, kernel: 3 },
  padded: { op: 'conv2d', channels: 3, kernel: 3, padding: 1 },
  strided: { op: 'conv2d', channels: 3, kernel: 3, stride: 2, padding: 1 },
  pointwise: { op: 'conv2d', channels: 3, kernel: 1 },
} as const;

/** Neighbouring numbers are alike, as in images. */
function images(count: number, seed = 1): Float32Array {
  let before = 0;
  return new Random(seed).normals(count * 60).map((value) => (before = 0.7 * before + value + 0.2));
}

async function metricOf(arch: Architecture, rank?: number): Promise<InputMetric> {
  const patches = sharedPatches([arch]) as ImagePatches;
  const spectrum = await fitPatchSpectrum(images(50), patches);
  return inputMetricOf(spectrum, rank ?? patchSize(patches));
}

function largestGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

describe('patches', () => {
  it('come row by row, channel by channel, with zeros outside the image', () => {
    const shape = { image: [1, 2, 3], size: 2, stride: 1, padding: 1 } as const;
    expect([patchSize(shape), patchCounts(shape)]).toEqual([4, [3, 4]]);
    const all = Array.from(patchesOf([1, 2, 3, 4, 5, 6], shape));
    expect(all.slice(0, 8)).toEqual([0, 0, 0, 1, 0, 0, 1, 2]);
    expect(all.slice(5 * 4, 6 * 4)).toEqual([1, 2, 4, 5]);
    expect(all.slice(-4)).toEqual([6, 0, 0, 0]);
  });

  it('are those that all first layers share, if they do', () => {
    const { plain, padded } = CONVOLUTIONS;
    const wide = network({ ...plain, channels: 5 });
    expect(sharedPatches([network(plain), wide])).toEqual({
      ...{ image: IMAGE, size: 3, stride: 1, padding: 0 },
    });
    expect(sharedPatches([network(plain), network(padded)])).toBeNull();
    expect(sharedPatches([network(plain), architecture([60, 4, 3])])).toBeNull();
    const pooled: ArchitectureNode[] = [{ op: 'max-pool', size: 2 }, ...end(3)];
    expect(sharedPatches([graphArchitecture({ input: IMAGE, nodes: pooled })])).toBeNull();
  });
});

describe.each(Object.entries(CONVOLUTIONS))('the metric of patches, %s', (_, first) => {
  const arch = network(first);
  const weights = new Random(2).normals(networkOf(arch).parameters);

  it('computes the function of a network on white patches', async () => {
    const metric = await metricOf(arch);
    const some = images(7, 3);
    const reduced = forward(
      metric.reducedArchitecture(arch),
      metric.reduce(weights, arch),
      metric.whiten(some),
    );
    expect(largestGap(reduced, forward(arch, weights, some))).toBeLessThan(1e-4);
  });

  it('is an exact round trip, and leaves out a residual below full rank', async () => {
    const full = await metricOf(arch);
    expect(largestGap(full.expand(full.reduce(weights, arch), arch), weights)).toBeLessThan(1e-4);
    expect(full.residual(weights, arch)).toBeLessThan(1e-3);
    const one = await metricOf(arch, 1);
    expect(one.residual(weights, arch)).toBeGreaterThan(0.1);
    const within = one.expand(one.reduce(weights, arch), arch);
    expect(one.residual(within, arch)).toBeLessThan(1e-3);
    const some = images(7, 4);
    expect(
      largestGap(
        forward(one.reducedArchitecture(arch), one.reduce(within, arch), one.whiten(some)),
        forward(arch, within, some),
      ),
    ).toBeLessThan(1e-4);
  });

  it('gives white patches mean 0 and covariance 1', async () => {
    const metric = await metricOf(arch);
    const { rank, whiteFeatures } = metric;
    const places = whiteFeatures / rank;
    const white = metric.whiten(images(50));
    const [count, last] = [50 * places, rank - 1];
    let [mean, square, product] = [0, 0, 0];
    for (let start = 0; start < white.length; start += whiteFeatures) {
      for (let place = 0; place < places; place++) {
        const [a, b] = [white[start + place]!, white[start + last * places + place]!];
        mean += b / count;
        square += b ** 2 / count;
        product += (a * b) / count;
      }
    }
    expect(mean).toBeCloseTo(0, 4);
    expect(square).toBeCloseTo(1, 4);
    expect(product).toBeCloseTo(0, 4);
  });

  it('names the family of the networks again', async () => {
    const metric = await metricOf(arch, 2);
    const reduced = networkOf(metric.reducedArchitecture(arch));
    expect(reduced.graph.input).toEqual([2, ...patchCounts(metric.patches as ImagePatches)]);
    expect(unreducedFamily(reduced.family, metric).key).toBe(networkOf(arch).family.key);
  });

  it.each(FLOW_GEOMETRIES)('keeps the function through the coordinates of a %s flow', async (g) => {
    // What is padded cannot be rescaled behind a constant; a bias of zero mean leaves none.
    const inputMetric = await metricOf(arch);
    const space = await fittedSpace(arch, [weights, weights.map((w) => -w)], g, { inputMetric });
    const [back] = space.decode(space.pack([space.standardise(weights)]));
    const some = images(7, 5);
    expect(largestGap(forward(arch, back!, some), forward(arch, weights, some))).toBeLessThan(1e-3);
  });
});

describe('refusals of the metric of patches', () => {
  it('are networks that read other patches, or other images', async () => {
    const metric = await metricOf(network(CONVOLUTIONS.plain));
    const refused = (arch: Architecture): string =>
      thrownBy(() => metric.reducedArchitecture(arch)).message;
    expect(refused(network(CONVOLUTIONS.padded))).toContain(
      'only convolutions of 3×3, stride 1 and padding 0 read',
    );
    expect(refused(architecture([60, 4, 3]))).toContain('convolutions of 3×3');
    expect(refused(architecture([18, 4, 3]))).toContain('60 features');
  });
});
