import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { batchShapes, familyLayout, type Point } from '../../src/network/point-layout.js';
import { ReferenceOps, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { replay, Tracer } from '../../src/ops/trace.js';
import { PointView } from '../../src/velocity/point-view.js';
import { anyWidths } from '../../src/velocity/served-families.js';
import { noise } from '../flow/points.js';
import { thrownBy } from '../support/error-code.js';
import { pointOf } from '../support/point-of.js';
import { RESIDUAL } from './residual.js';
import { randomPoint } from './tiny-network.js';

const ops = new ReferenceOps();
const DEEPEST = 3;
const SERVED = anyWidths({ inputs: 3, outputs: 2, maxHiddenLayers: DEEPEST });
const BATCH = 2;
const SETS = ['input', 'h1', 'h2', 'output'];

const viewOf = (point: Point<ReferenceTensor>): PointView<ReferenceTensor> =>
  new PointView(ops, point, SERVED);

const perceptron = (...layers: readonly number[]): PointView<ReferenceTensor> =>
  viewOf(pointOf(randomPoint(layers)));

const ends = ({ edges }: PointView<ReferenceTensor>): readonly (readonly unknown[])[] =>
  edges.map(({ name, from, to, perPair }) => [name, from, to, perPair]);

/** One-hot of the number of hidden sets and of the place, then the three widths as log2(n/16). */
function expectFeatures(
  actual: ReferenceTensor,
  hidden: number,
  place: number,
  logWidths: readonly number[],
): void {
  expect(actual.shape).toEqual([1, 1, 2 * DEEPEST + 4]);
  const hot = Array.from({ length: 2 * DEEPEST + 1 }, (_, index) =>
    index === hidden - 1 || index === DEEPEST + place - 1 ? 1 : 0,
  );
  [...hot, ...logWidths].forEach((expected, index) => {
    expect(Math.abs(actual.data[index]! - expected), `feature ${index}`).toBeLessThan(1e-12);
  });
}

describe('a perceptron as a PointView', () => {
  const point = randomPoint([3, 8, 32, 2], 'normalized');
  const view = viewOf(pointOf(point));

  it('has sets of features, hidden neurons and classes', () => {
    expect(view.neurons.map(({ name }) => name)).toEqual(SETS);
    expect(view.hidden.map(({ name }) => name)).toEqual(['h1', 'h2']);
    expect(SETS.map((name) => view.width(name))).toEqual([3, 8, 32, 2]);
    expect(SETS.map((name) => view.hiddenNumber(name))).toEqual([0, 1, 2, 0]);
    expect(view.batch).toBe(BATCH);
  });

  it('tells them by what they are, not by their place', () => {
    const { neurons, tensors } = view.point.layout;
    const [features, first, second, classes] = neurons;
    const mixed = viewOf({
      layout: { neurons: [classes!, first!, features!, second!], tensors: tensors.toReversed() },
      tensors: point.toReversed(),
    });
    expect(mixed.hidden).toEqual(view.hidden);
    expect(ends(mixed)).toEqual(ends(view).toReversed());
    for (const name of SETS.slice(1)) {
      expect(mixed.bias(name)).toBe(view.bias(name));
      expect(mixed.layerFeatures(name)).toEqual(view.layerFeatures(name));
    }
  });

  it('has an edge per weight, from one set to the next', () => {
    expect(ends(view)).toEqual([
      ['w1', 'input', 'h1', 1],
      ['w2', 'h1', 'h2', 1],
      ['w3', 'h2', 'output', 1],
    ]);
    expect(view.edges.map(({ weight }) => weight)).toEqual([point[0], point[2], point[4]]);
  });

  it('has biases for all but the features, and the log scale where there is one', () => {
    const biases = SETS.slice(1).map((name) => view.bias(name));
    expect(biases).toEqual([point[1], point[3], point[5]]);
    expect(thrownBy(() => view.bias('input')).code).toBe('internal');
    expect(view.logScale).toBe(point[6]);
    expect(perceptron(3, 8, 2).logScale).toBeUndefined();
  });

  it('tells where neurons stand and how wide their surroundings are (1e-12)', () => {
    const three = Math.log2(3 / 16);
    expectFeatures(view.layerFeatures('h1'), 2, 1, [three, -1, 1]);
    expectFeatures(view.layerFeatures('h2'), 2, 2, [-1, 1, -3]);
    // Nothing reads the classes: they stand for it themselves.
    expectFeatures(view.layerFeatures('output'), 2, 3, [1, -3, -3]);
    expectFeatures(perceptron(3, 16, 2).layerFeatures('h1'), 1, 1, [three, 0, -3]);
    expectFeatures(perceptron(3, 4, 2, 16, 2).layerFeatures('output'), 3, 4, [0, -3, -3]);
  });

  it('says the same with symbolic widths (1e-12)', () => {
    const tracer = new Tracer();
    const layout = familyLayout(networkOf(architecture([3, 1, 1, 2])).family, true);
    const inputs = batchShapes(layout).map((shape, index) => tracer.input(`x${index}`, shape));
    const symbolic = new PointView(tracer, { layout, tensors: inputs }, SERVED);
    const names = SETS.slice(1);
    const values = new Map(inputs.map((input, index) => [input, point[index]!] as const));
    const features = replay(
      names.map((name) => symbolic.layerFeatures(name)),
      ops,
      values,
    );
    names.forEach((name, index) => {
      view.layerFeatures(name).data.forEach((expected, i) => {
        expect(Math.abs(features[index]!.data[i]! - expected)).toBeLessThan(1e-12);
      });
    });
  });

  it('has the sizes of its tensors, in whatever layout they come', () => {
    const layout = familyLayout(networkOf(architecture([3, 1, 1, 2])).family, true);
    const own = viewOf({ layout, tensors: point });
    expect(own.neurons).toEqual(view.neurons);
    expect(own.width('h2')).toBe(32);
    expect(own.layerFeatures('h2')).toEqual(view.layerFeatures('h2'));
  });

  it.each([
    [[3, 2], 0],
    [[3, 4, 4, 4, 4, 2], 4],
  ])('refuses %j: %i hidden layers', (layers, hidden) => {
    const { code, message, field } = thrownBy(() => perceptron(...layers));
    expect([code, field]).toEqual(['unsupported-architecture', 'architecture']);
    expect(message).toBe(`expected 1 to 3 hidden layers, got ${hidden}`);
  });
});

describe('a residual block as a PointView', () => {
  const shapes = RESIDUAL.tensors.map(({ shape }) => [BATCH, ...shape]);
  const tensors = noise(shapes, 'residual');
  const view = viewOf({ layout: RESIDUAL, tensors });

  it('has edges into the block and back, by neurons and not by the order of layers', () => {
    expect(view.neurons.map(({ name, size }) => [name, size])).toEqual([
      ['input', 3],
      ['h1', 16],
      ['h2', 4],
      ['output', 2],
    ]);
    expect(ends(view)).toEqual([
      ['w1', 'input', 'h1', 1],
      ['w2', 'h1', 'h2', 1],
      ['w3', 'h2', 'h1', 1],
      ['w4', 'h1', 'output', 1],
    ]);
    const weights = RESIDUAL.tensors.flatMap(({ role }, index) =>
      role === 'weight' ? [tensors[index]] : [],
    );
    expect(view.edges.map(({ weight }) => weight)).toEqual(weights);
  });

  it('takes the mean over all that neurons read, and over all that read them (1e-12)', () => {
    const [features, residual, inner, classes] = [3, 16, 4, 2].map((width) =>
      Math.log2(width / 16),
    ) as [number, number, number, number];
    const before = (features + inner) / 2;
    const after = (inner + classes) / 2;
    expectFeatures(view.layerFeatures('h1'), 2, 1, [before, residual, after]);
    expectFeatures(view.layerFeatures('h2'), 2, 2, [residual, inner, residual]);
    expectFeatures(view.layerFeatures('output'), 2, 3, [residual, classes, classes]);
  });
});
