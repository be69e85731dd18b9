import { describe, expect, it } from 'vitest';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { velocityModel } from '../../src/sampling/flow-graphs.js';
import {
  NeuronTransformer,
  type NeuronTransformerConfig,
} from '../../src/velocity/neuron-transformer.js';
import { pointNames } from '../../src/velocity/point-shapes.js';
import { thrownBy } from '../support/error-code.js';
import { runModel } from '../support/run-model.js';
import { randomParameters, TINY } from './tiny-network.js';

const TIMES = Float32Array.of(0.125, 0.75);
const BATCH = TIMES.length;

/** A batch of standard normal points for the widths `layers`. */
function randomPoint(layers: readonly number[]): ReferenceTensor[] {
  return layers.slice(1).flatMap((width, index) => {
    const before = layers[index]!;
    const random = new Random(3, index);
    return [
      tensor(random.normals(BATCH * before * width), [BATCH, before, width]),
      tensor(random.normals(BATCH * width), [BATCH, width]),
    ];
  });
}

function predict(
  config: NeuronTransformerConfig,
  point: readonly ReferenceTensor[],
): readonly ReferenceTensor[] {
  const parameters = new Map(
    randomParameters(config).map(({ name, shape, data }) => [name, tensor(data, shape)]),
  );
  return new NeuronTransformer(config).predict(
    new ReferenceOps(),
    (name) => parameters.get(name)!,
    point,
    tensor(TIMES),
  );
}

/** The point with hidden layer l in the order `orders[l]`; the inputs and outputs stay. */
function permuteHidden(
  point: readonly ReferenceTensor[],
  orders: readonly (readonly number[])[],
): ReferenceTensor[] {
  const ops = new ReferenceOps();
  const gather = (x: ReferenceTensor, axis: number, order: readonly number[] | undefined) =>
    order === undefined
      ? x
      : ops.concat(
          order.map((from) => ops.slice(x, axis, from, 1)),
          axis,
        );
  return point.map((x, index) => {
    const layer = Math.floor(index / 2) + 1;
    if (index % 2 === 1) return gather(x, 1, orders[layer - 1]);
    return gather(gather(x, 1, orders[layer - 2]), 2, orders[layer - 1]);
  });
}

function largestDifference(
  a: readonly { readonly data: ArrayLike<number> }[],
  b: readonly ReferenceTensor[],
): number {
  expect(a.map(({ data }) => data.length)).toEqual(b.map(({ data }) => data.length));
  return Math.max(
    ...b.flatMap((x, index) =>
      Array.from(x.data, (value, i) => Math.abs(value - a[index]!.data[i]!)),
    ),
  );
}

const ARCHITECTURES = [
  [3, 4, 2],
  [3, 1, 2],
  [3, 5, 3, 2],
  [3, 2, 6, 2],
  [3, 4, 3, 5, 2],
];

describe('NeuronTransformer', () => {
  it.each(ARCHITECTURES)('answers in the shapes of the point (%i-%i-%i…)', (...layers) => {
    const point = randomPoint(layers);
    const output = predict(TINY, point);
    expect(output.map(({ shape }) => shape)).toEqual(point.map(({ shape }) => shape));
    for (const { data } of output) expect(data.every(Number.isFinite)).toBe(true);
  });

  it.each(ARCHITECTURES)(
    'permutes its answer with the hidden neurons of the point (%i-%i-%i…, 1e-9)',
    (...layers) => {
      const point = randomPoint(layers);
      const orders = layers.slice(1, -1).map((width, index) => [
        // Never the identity, unless there is one neuron only.
        ...Array.from({ length: width }, (_, i) => (i + 1 + index) % width),
      ]);
      const permuted = predict(TINY, permuteHidden(point, orders));
      const expected = permuteHidden(predict(TINY, point), orders);
      expect(largestDifference(permuted, expected)).toBeLessThan(1e-9);
    },
  );

  it('tells neurons apart, so that the permutation matters', () => {
    const output = predict(TINY, randomPoint([3, 5, 4, 2]));
    const orders = [
      [1, 2, 3, 4, 0],
      [1, 2, 3, 0],
    ];
    expect(largestDifference(permuteHidden(output, orders), output)).toBeGreaterThan(0.1);
  });

  it('is not equivariant with slots', () => {
    const config = { ...TINY, slots: 5 };
    const point = randomPoint([3, 5, 4, 2]);
    const orders = [
      [1, 2, 3, 4, 0],
      [1, 2, 3, 0],
    ];
    const permuted = predict(config, permuteHidden(point, orders));
    const expected = permuteHidden(predict(config, point), orders);
    expect(largestDifference(permuted, expected)).toBeGreaterThan(1e-3);
  });

  it('lets every weight matter to every part of the answer', () => {
    const point = randomPoint([3, 4, 3, 2]);
    const before = predict(TINY, point);
    point.forEach(({ shape, data }, moved) => {
      const changed = point.with(moved, { shape, data: data.with(0, data[0]! + 1) });
      predict(TINY, changed).forEach(({ data: after }, index) => {
        const influence = Math.abs(after.at(0)! - before[index]!.data.at(0)!);
        expect(influence, `tensor ${moved} on tensor ${index}`).toBeGreaterThan(1e-6);
      });
    });
  });

  it('keeps the networks of a batch apart', () => {
    const point = randomPoint([3, 4, 3, 2]);
    const changed = point.map(({ shape, data }) => ({
      shape,
      data: data.map((value, i) => (2 * i < data.length ? value : value + 1)),
    }));
    const [before, after] = [predict(TINY, point), predict(TINY, changed)];
    before.forEach(({ data }, index) => {
      const half = data.length / 2;
      expect(after[index]!.data.subarray(0, half)).toEqual(data.subarray(0, half));
      expect(after[index]!.data.subarray(half)).not.toEqual(data.subarray(half));
    });
  });

  it.each([
    [
      [3, 4, 2],
      [3, 7, 2],
    ],
    [
      [3, 4, 5, 2],
      [3, 6, 2, 2],
    ],
    [
      [3, 2, 4, 3, 2],
      [3, 5, 1, 6, 2],
    ],
  ])('agrees with onnxruntime at two sizes of one graph (%j, %j, 1e-4)', async (...sizes) => {
    const parameters = new Map(randomParameters(TINY).map((spec) => [spec.name, spec]));
    const points = sizes.map(randomPoint);
    const names = pointNames(points[0]!.length);
    const feeds = points.map((point) => ({
      ...Object.fromEntries(
        point.map(({ shape, data }, index) => [
          `xt.${names[index]!}`,
          { shape, data: Float32Array.from(data) },
        ]),
      ),
      t: { shape: [BATCH], data: TIMES },
    }));
    const results = await runModel(
      velocityModel(
        { velocity: TINY, prediction: 'velocity', geometry: 'euclidean' },
        parameters,
        sizes[0].length - 2,
      ),
      feeds,
    );
    results.forEach((result, run) => {
      const actual = names.map((name) => ({ data: result[`predicted.${name}`]!.values }));
      expect(largestDifference(actual, predict(TINY, points[run]!))).toBeLessThan(1e-4);
    });
  });

  it('refuses more hidden layers than it serves, and none', () => {
    for (const layers of [
      [3, 2, 2, 2, 2, 2],
      [3, 2],
    ]) {
      const { code, message } = thrownBy(() => predict(TINY, randomPoint(layers)));
      expect(code).toBe('unsupported-architecture');
      expect(message).toContain(`1 to 3 hidden layers, got ${layers.length - 2}`);
    }
  });

  it('refuses heads that do not divide its width', () => {
    expect(thrownBy(() => new NeuronTransformer({ ...TINY, heads: 3 })).code).toBe(
      'invalid-argument',
    );
  });
});
