import { describe, expect, it } from 'vitest';
import { matchWeights } from '../../src/alignment/weight-matching.js';
import { architecture, type Architecture } from '../../src/network/architecture.js';
import { widthsOf } from '../support/widths-of.js';
import { networkOf } from '../../src/network/network.js';
import { forward } from '../../src/network/forward.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import { permuteNeurons } from '../../src/network/permute.js';
import { fitCoordinates } from '../../src/flow/fit-coordinates.js';
import {
  FLOW_GEOMETRIES,
  isCanonical,
  pointGeometry,
  type FlowGeometry,
} from '../../src/flow/geometry.js';
import { WeightSpace, type HostPoint } from '../../src/flow/weight-space.js';
import { ReferenceOps, tensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { thrownBy } from '../support/error-code.js';
import { layoutOf } from '../support/point-of.js';
import { gap } from './points.js';
import { fittedSpace } from '../support/fitted-space.js';

const ops = new ReferenceOps();
const ARCH = architecture([3, 5, 4, 2]);
const CANONICAL = ['normalized', 'geometric'] as const;

/** Networks with every tensor at a scale of its own, so that a mixed-up scale shows. */
function networksOf(arch: Architecture, count = 3): readonly Float32Array[] {
  return Array.from({ length: count }, (_, index) => {
    const weights = new Random(4, index).normals(networkOf(arch).parameters);
    networkOf(arch).slots.forEach(({ offset, size }, tensorIndex) => {
      for (let i = offset; i < offset + size; i++) weights[i]! *= 2 ** (tensorIndex - 3);
    });
    return weights;
  });
}

function spaceOf(geometry: FlowGeometry, arch = ARCH): Promise<WeightSpace> {
  return fittedSpace(arch, networksOf(arch), geometry);
}

/** Logits over fixed inputs. */
function logits(arch: Architecture, network: Float32Array): readonly number[] {
  return [...forward(arch, network, new Random(9).normals(widthsOf(arch)[0]! * 20))];
}

function expectSameFunction(arch: Architecture, actual: Float32Array, network: Float32Array): void {
  const expected = logits(arch, network);
  const scale = Math.max(1, ...expected.map(Math.abs));
  logits(arch, actual).forEach((logit, i) => {
    expect(Math.abs(logit - expected[i]!)).toBeLessThan(1e-5 * scale);
  });
}

/** How far a point is from the spheres that it should lie on. */
function offSpheres(geometry: FlowGeometry, point: HostPoint): number {
  const lifted = point.map(({ data, shape }) => tensor(data, shape));
  const { data } = pointGeometry(geometry, layoutOf(point).tensors);
  return gap(data.projectPoint(ops, lifted), lifted);
}

function shuffled(arch: Architecture, network: Float32Array, random: Random): Float32Array {
  const spec = permutationSpec(arch);
  const orders = spec.groups.map(({ size }) => random.permutation(size));
  return permuteNeurons(network, arch, spec, orders);
}

/** Hidden neurons scaled by powers of two, which round nothing, and their outputs by the inverse. */
function rescaled(arch: Architecture, network: Float32Array, random: Random): Float32Array {
  const copy = network.slice();
  const slots = networkOf(arch).slots;
  for (let layer = 1; layer < widthsOf(arch).length - 1; layer++) {
    const [weight, bias, next] = [slots[2 * layer - 2]!, slots[2 * layer - 1]!, slots[2 * layer]!];
    const width = widthsOf(arch)[layer]!;
    const fanOut = widthsOf(arch)[layer + 1]!;
    for (let j = 0; j < width; j++) {
      const factor = 2 ** (random.integer(9) - 4);
      for (let at = weight.offset + j; at < weight.offset + weight.size; at += width) {
        copy[at]! *= factor;
      }
      copy[bias.offset + j]! *= factor;
      for (let k = 0; k < fanOut; k++) copy[next.offset + j * fanOut + k]! /= factor;
    }
  }
  return copy;
}

describe.each(FLOW_GEOMETRIES)('WeightSpace of the %s flow', async (geometry) => {
  const networks = networksOf(ARCH);
  const space = await spaceOf(geometry);

  it.each([[[3, 5, 2]], [[3, 5, 4, 2]], [[3, 6, 5, 4, 2]]])(
    'keeps the function of relu networks %j there and back, row by row (relative 1e-5)',
    async (layers) => {
      const arch = architecture(layers);
      const each = networksOf(arch);
      const own = await spaceOf(geometry, arch);
      const decoded = own.decode(own.pack(each.map((network) => own.standardise(network))));
      expect(decoded).toHaveLength(each.length);
      decoded.forEach((weights, row) => {
        expectSameFunction(arch, weights, each[row]!);
      });
    },
  );

  it('gives every tensor of the population unit mean square (1e-5)', () => {
    const points = networks.map((weights) => space.standardise(weights));
    const slots = networkOf(ARCH).slots.map(({ name, offset, size }) => ({ name, offset, size }));
    const scale = { name: 's', offset: networkOf(ARCH).parameters, size: 1 };
    for (const { name, offset, size } of isCanonical(geometry) ? [...slots, scale] : slots) {
      const values = points.flatMap((point) => [...point.subarray(offset, offset + size)]);
      const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
      expect(Math.abs(square - 1), name).toBeLessThan(1e-5);
    }
  });

  it('has a prior on the data manifold (1e-5), of mean 0 (0.3) and mean square 1 (0.4)', () => {
    const random = new Random(3);
    const draws = Array.from({ length: 200 }, () => space.prior(random));
    expect(draws[0]).toHaveLength(space.dimension);
    const point = space.pack(draws);
    expect(offSpheres(geometry, point)).toBeLessThan(1e-5);
    point.forEach(({ data }) => {
      const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
      const square = data.reduce((sum, x) => sum + x * x, 0) / data.length;
      // From 200 numbers on: four standard errors.
      expect(Math.abs(mean)).toBeLessThan(0.3);
      expect(Math.abs(square - 1)).toBeLessThan(0.4);
    });
  });

  it('puts networks on the data manifold (1e-5), and says how many numbers a point has', () => {
    const point = space.pack(networks.map((weights) => space.standardise(weights)));
    expect(offSpheres(geometry, point)).toBeLessThan(1e-5);
    expect(space.dimension).toBe(
      3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2 + (isCanonical(geometry) ? 1 : 0),
    );
  });

  it('decodes any point of the prior to a finite network', () => {
    const point = space.pack([space.prior(new Random(1)), space.prior(new Random(2))]);
    for (const weights of space.decode(point)) {
      expect(weights).toHaveLength(networkOf(ARCH).parameters);
      expect(weights.every(Number.isFinite)).toBe(true);
    }
  });

  it.each([-1, 1])('refuses vectors of %i numbers more', (more) => {
    const weights = new Float32Array(networkOf(ARCH).parameters + more);
    expect(thrownBy(() => space.standardise(weights)).code).toBe('shape-mismatch');
    const point = new Float32Array(space.dimension + more);
    const good = new Float32Array(space.dimension);
    expect(thrownBy(() => space.pack([good, point])).code).toBe('shape-mismatch');
  });

  it.each([NaN, Infinity, -Infinity])('refuses networks with a weight of %d', async (value) => {
    for (const at of [0, 17, networkOf(ARCH).parameters - 1]) {
      const broken = networks[0]!.with(at, value);
      expect(thrownBy(() => space.standardise(broken)).code).toBe('invalid-argument');
      const population = [{ architecture: ARCH, networks: [networks[1]!, broken] }];
      await expect(fitCoordinates(population, geometry)).rejects.toMatchObject({
        code: 'invalid-argument',
      });
    }
  });

  it.each([NaN, Infinity])('refuses to make a network of a point with %d', (value) => {
    for (let index = 0; index < space.pack([]).length; index++) {
      const point = space.pack([space.prior(new Random(1)), space.prior(new Random(2))]);
      const { data } = point[index]!;
      data[data.length - 1] = value;
      expect(thrownBy(() => space.decode(point)).code).toBe('diverged');
    }
  });

  it('ignores architectures without networks', async () => {
    const empty = { architecture: architecture([3, 9, 2]), networks: [] };
    const population = { architecture: ARCH, networks };
    expect(await fitCoordinates([empty, population], geometry)).toEqual(
      await fitCoordinates([population], geometry),
    );
  });

  it('refuses an architecture of a depth that it was not fitted to', async () => {
    const coordinates = await fitCoordinates([{ architecture: ARCH, networks }], geometry);
    expect(() => new WeightSpace(architecture([3, 5, 2]), coordinates)).toThrow(
      expect.objectContaining({
        code: 'unsupported-architecture',
        field: 'architecture.layers',
      }) as Error,
    );
  });
});

it('packs tensors in flat order behind a batch axis, the log scale last', async () => {
  const shapes = [
    [2, 3, 5],
    [2, 5],
    [2, 5, 4],
    [2, 4],
    [2, 4, 2],
    [2, 2],
  ];
  const counting = Float32Array.from({ length: networkOf(ARCH).parameters + 1 }, (_, i) => i);
  const rows = [counting, counting.map((value) => -value)];
  const flat = (await spaceOf('euclidean')).pack(rows.map((row) => row.slice(0, -1)));
  expect(flat.map(({ shape }) => shape)).toEqual(shapes);
  expect([...flat[1]!.data]).toEqual([15, 16, 17, 18, 19, -15, -16, -17, -18, -19]);
  const canonical = (await spaceOf('geometric')).pack(rows);
  expect(canonical.map(({ shape }) => shape)).toEqual([...shapes, [2, 1]]);
  expect([...canonical[6]!.data]).toEqual([54, -54]);
});

it('the Euclidean flow keeps the weights themselves (relative 1e-6)', async () => {
  const networks = networksOf(ARCH);
  const space = await spaceOf('euclidean');
  space
    .decode(space.pack(networks.map((network) => space.standardise(network))))
    .forEach((weights, row) => {
      weights.forEach((value, i) => {
        const expected = networks[row]![i]!;
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-6 * Math.abs(expected));
      });
    });
});

describe.each(CANONICAL)('canonical coordinates of the %s flow', async (geometry) => {
  const networks = networksOf(ARCH);
  const space = await spaceOf(geometry);

  it.each([[[3, 6, 2]], [[30, 16, 16, 2]]])(
    'of %j are the same for a rescaled copy (1e-5), after alignment for a permuted one too',
    async (layers) => {
      const arch = architecture(layers);
      const own = await spaceOf(geometry, arch);
      const weights = networkOf(arch).parameters;
      networksOf(arch).forEach((network, row) => {
        const expected = own.standardise(network);
        const random = new Random(8, row);
        const stretched = rescaled(arch, network, random);
        const copy = own.standardise(shuffled(arch, stretched, random));
        expect(copy.some((x, i) => Math.abs(x - expected[i]!) > 0.1)).toBe(true);
        const { aligned } = matchWeights(
          expected.subarray(0, weights),
          copy.subarray(0, weights),
          arch,
        );
        const points = [own.standardise(stretched), [...aligned, copy[weights]!]];
        for (const point of points) {
          point.forEach((x, i) => {
            expect(Math.abs(x - expected[i]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(x)));
          });
        }
      });
    },
  );

  it('of points off the spheres decode as their projections do (relative 1e-6)', () => {
    const on = space.standardise(networks[0]!);
    const off = on.slice();
    // Every neuron of the first layer and the last matrix at twice their radius.
    const last = networkOf(ARCH).slots[4]!;
    for (let i = 0; i < 15; i++) off[i]! *= 2;
    for (let i = last.offset; i < last.offset + last.size; i++) off[i]! *= 3;
    const [expected, actual] = [on, off].map((point) => space.decode(space.pack([point]))[0]!);
    actual!.forEach((value, i) => {
      expect(Math.abs(value - expected![i]!)).toBeLessThanOrEqual(1e-6 * Math.abs(expected![i]!));
    });
  });

  it('decode the zero vector of a neuron as the first unit vector', () => {
    const point = space.standardise(networks[0]!);
    for (let i = 0; i < 15; i += 5) point[i] = 0;
    const [weights] = space.decode(space.pack([point]));
    expect([0, 5, 10].map((i) => weights![i])).toEqual([1, 0, 0]);
  });

  it.each([1, 2])('keep the function of a dead neuron of layer %i (relative 1e-5)', (layer) => {
    const network = networks[0]!.slice();
    const slot = networkOf(ARCH).slots[2 * layer - 2]!;
    const width = ARCH.layers[layer]!;
    for (let at = slot.offset + 1; at < slot.offset + slot.size; at += width) network[at] = 0;
    for (const bias of [0.7, -0.7, 0]) {
      network[slot.offset + slot.size + 1] = bias;
      const point = space.standardise(network);
      expect(offSpheres(geometry, space.pack([point]))).toBeLessThan(1e-5);
      expectSameFunction(ARCH, space.decode(space.pack([point]))[0]!, network);
    }
  });

  it('do not exist for a network whose last layer is zero, or too large for float32', () => {
    const { offset } = networkOf(ARCH).slots[4]!;
    const zero = networks[0]!.map((weight, i) => (i < offset ? weight : 0));
    expect(thrownBy(() => space.standardise(zero))).toMatchObject({ code: 'invalid-argument' });
    const huge = networks[0]!.map((weight, i) => (i < offset ? weight * 1e15 : weight * 1e30));
    const point = space.standardise(huge);
    expect(point.every(Number.isFinite)).toBe(true);
    expect(thrownBy(() => space.decode(space.pack([point])))).toMatchObject({ code: 'diverged' });
  });

  it('do not exist for tanh, which has no scale symmetry', async () => {
    const arch = architecture([3, 5, 4, 2], 'tanh');
    const expected = { code: 'unsupported-architecture', field: 'architecture.activation' };
    const population = [{ architecture: arch, networks: networksOf(arch) }];
    await expect(fitCoordinates(population, geometry)).rejects.toMatchObject(expected);
    // Fitted to relu networks, asked for a tanh one.
    const coordinates = await fitCoordinates([{ architecture: ARCH, networks }], geometry);
    expect(() => new WeightSpace(arch, coordinates)).toThrow(
      expect.objectContaining(expected) as Error,
    );
  });
});

it('the Geometric flow refuses spheres of one dimension, {−1, 1}, which no path crosses', async () => {
  for (const layers of [
    [3, 1, 4, 2],
    [1, 5, 4, 2],
  ]) {
    const arch = architecture(layers);
    await expect(spaceOf('geometric', arch)).rejects.toMatchObject({
      code: 'unsupported-architecture',
    });
    expect((await spaceOf('normalized', arch)).dimension).toBeGreaterThan(0);
  }
});
