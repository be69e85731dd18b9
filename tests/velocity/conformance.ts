import { beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.js';
import { isCanonical, type FlowGeometry } from '../../src/flow/geometry.js';
import { architecture } from '../../src/network/architecture.js';
import { batchShapes, familyLayout } from '../../src/network/point-layout.js';
import { differentiate } from '../../src/ops/differentiate.js';
import {
  ReferenceOps,
  scalarValue,
  tensor,
  type ReferenceTensor,
} from '../../src/ops/reference-ops.js';
import type { TensorOps } from '../../src/ops/tensor-ops.js';
import { TfjsOps, type TensorFlow } from '../../src/ops/tfjs-ops.js';
import { replay, Tracer } from '../../src/ops/trace.js';
import { Random } from '../../src/random.js';
import { familyIn } from '../../src/flows/flow-families.js';
import { velocityModel } from '../../src/flows/flow-graphs.js';
import { networkParameters } from '../../src/flow/network-parameters.js';
import { initialiseParameters } from '../../src/training/flow-parameters.js';
import { loadTfjs } from '../../src/training/tfjs-backend.js';
import {
  createVelocityNetwork,
  type VelocityConfig,
} from '../../src/velocity/create-velocity-network.js';
import { servedFamily, type ServedFamilies } from '../../src/velocity/served-families.js';
import { thrownBy } from '../support/error-code.js';
import { layoutOf, pointOf } from '../support/point-of.js';
import { runModel } from '../support/run-model.js';
import { largestDifference, permuteHidden, rotations } from './permute-point.js';
import {
  predictAt,
  predictReference,
  randomParameters,
  randomPoint,
  TIMES,
  type FilledParameter,
  type Point,
} from './tiny-network.js';

export interface VelocityConformance {
  /** The network for points of these widths: the same for all, unless it serves one architecture. */
  readonly configOf: (layers: readonly number[]) => VelocityConfig;
  /** Pairs of architectures of one depth: where widths are free, one graph serves both. */
  readonly sizes: readonly (readonly [readonly number[], readonly number[]])[];
  readonly isEquivariant: boolean;
}

/** One geometry without and one with a log scale. */
const GEOMETRIES: readonly FlowGeometry[] = ['euclidean', 'normalized'];

/** The suite that every velocity network passes. */
export function describeVelocityNetwork(
  name: string,
  { configOf, sizes, isEquivariant }: VelocityConformance,
): void {
  const architectures = sizes.flat();
  const [deep] = sizes.at(-1)!;

  describe.each(GEOMETRIES)(`${name} conforms to VelocityNetwork, %s`, (geometry) => {
    const predict = (layers: readonly number[], point: Point): Point =>
      predictReference(configOf(layers), point, geometry);

    it.each(architectures)('answers in the shapes of the point (%i-%i-%i…)', (...layers) => {
      const point = randomPoint(layers, geometry);
      const output = predict(layers, point);
      expect(output.map(({ shape }) => shape)).toEqual(point.map(({ shape }) => shape));
      for (const { data } of output) expect(data.every(Number.isFinite)).toBe(true);
    });

    it.each(architectures)('answers in symbolic shapes too (%i-%i-%i…)', (...layers) => {
      const { point, output } = recorded(configOf(layers), geometry, layers);
      expect(output.map(({ shape }) => shape)).toEqual(point.map(({ shape }) => shape));
    });

    // A network of one architecture promises nothing here.
    it.each(isEquivariant ? architectures : [])(
      'permutes its answer with the hidden neurons of the point (%i-%i-%i…, 1e-9)',
      (...layers) => {
        const point = randomPoint(layers, geometry);
        const orders = rotations(layers);
        const permuted = predict(layers, permuteHidden(point, orders));
        const expected = permuteHidden(predict(layers, point), orders);
        expect(largestDifference(permuted, expected)).toBeLessThan(1e-9);
      },
    );

    // One vector of all coordinates has them in the order of the point.
    it.each(isEquivariant ? architectures : [])(
      'reads tensors and neurons by what they are, not by their place (%i-%i-%i…, 1e-9)',
      (...layers) => {
        const point = randomPoint(layers, geometry);
        const { neurons, tensors } = layoutOf(point);
        const [features, ...others] = neurons;
        const mixed = {
          layout: {
            neurons: [others.at(-1)!, features!, ...others.slice(0, -1)],
            tensors: tensors.toReversed(),
          },
          tensors: point.toReversed(),
        };
        const actual = predictAt(configOf(layers), mixed, geometry).toReversed();
        expect(largestDifference(actual, predict(layers, point))).toBeLessThan(1e-9);
      },
    );

    it.each(sizes)('agrees with onnxruntime (%j and %j, 1e-4)', async (...pair) => {
      for (const group of graphsOf(pair, configOf)) {
        const points = group.map((layers) => randomPoint(layers, geometry));
        const results = await runOnnx(configOf(group[0]!), geometry, points);
        results.forEach((actual, run) => {
          const expected = predict(group[run]!, points[run]!);
          expect(largestDifference(actual, expected)).toBeLessThan(1e-4);
        });
      }
    });
  });

  describe(`${name} with a log scale`, () => {
    const geometry = 'normalized';
    const predict = (layers: readonly number[], point: Point): Point =>
      predictReference(configOf(layers), point, geometry);

    it('tells neurons apart', () => {
      const output = predict(deep, randomPoint(deep, geometry));
      const permuted = permuteHidden(output, rotations(deep));
      expect(largestDifference(permuted, output)).toBeGreaterThan(0.1);
    });

    it('lets every tensor of the point matter to every tensor of the answer', () => {
      const [layers] = sizes[1]!;
      const point = randomPoint(layers, geometry);
      const before = predict(layers, point);
      point.forEach(({ shape, data }, moved) => {
        const changed = point.with(moved, { shape, data: data.with(0, data[0]! + 1) });
        predict(layers, changed).forEach(({ data: after }, index) => {
          const influence = Math.max(
            ...Array.from(after, (value, i) => Math.abs(value - before[index]!.data[i]!)),
          );
          expect(influence, `tensor ${moved} on tensor ${index}`).toBeGreaterThan(1e-9);
        });
      });
    });

    it('keeps the networks of a batch apart', () => {
      const point = randomPoint(deep, geometry);
      const alone = point.map(({ shape, data }) => ({
        shape: [1, ...shape.slice(1)],
        data: data.slice(0, data.length / TIMES.length),
      }));
      const together = predict(deep, point);
      const single = predictReference(configOf(deep), alone, geometry, TIMES.slice(0, 1));
      single.forEach(({ data }, index) => {
        expect(together[index]!.data.subarray(0, data.length)).toEqual(data);
        expect(together[index]!.data.subarray(data.length)).not.toEqual(data);
      });
    });

    it('answers zeros before training', () => {
      const config = configOf(deep);
      const specs = networkParameters(config, geometry);
      const values = initialiseParameters(specs, 1);
      const parameters = new Map(
        specs.map(({ name: own, shape }, index) => [own, tensor(values[index]!, shape)]),
      );
      const output = createVelocityNetwork(config).predict(
        new ReferenceOps(),
        (own) => parameters.get(own)!,
        pointOf(randomPoint(deep, geometry)),
        tensor(TIMES),
      );
      for (const { data } of output) expect(data.every((value) => value === 0)).toBe(true);
    });

    it('has the gradients of central differences by every parameter (float64, 1e-6)', () => {
      const [layers] = sizes[1]!;
      const config = configOf(layers);
      const values = randomPoint(layers, geometry);
      const filled = randomParameters(config, geometry);
      const gradients = recordedGradients(config, geometry, layers, filled);
      const reference = new ReferenceOps();
      const network = createVelocityNetwork(config);
      const lossWith = (which: string, element: number, amount: number): number => {
        const parameters = new Map(
          filled.map(({ name: own, shape, data }) => [own, tensor(data, shape)]),
        );
        parameters.get(which)!.data[element]! += amount;
        const source = (own: string): ReferenceTensor => parameters.get(own)!;
        return scalarValue(
          lossOf(reference, network.predict(reference, source, pointOf(values), tensor(TIMES))),
        );
      };
      const random = new Random(1);
      let moving = 0;
      filled.forEach(({ name: own, data }, index) => {
        const element = random.integer(data.length);
        const rise = lossWith(own, element, STEP) - lossWith(own, element, -STEP);
        const expected = rise / (2 * STEP);
        const error = Math.abs(gradients[index]!.data[element]! - expected);
        expect(error, `${own}[${element}]`).toBeLessThan(1e-6 * (0.1 + Math.abs(expected)));
        if (Math.abs(expected) > 1e-6) moving++;
      });
      // A gradient of zeros everywhere would agree with an answer that ignores its parameters.
      expect(moving).toBeGreaterThan(0.7 * filled.length);
    });

    it('answers NaN to NaN, in that network of the batch only, on onnxruntime too', async () => {
      const sound = randomPoint(deep, geometry);
      const points = sound.map((_, moved) => withNaN(sound, moved));
      const onnx = await runOnnx(configOf(deep), geometry, points);
      points.forEach((point, moved) => {
        for (const output of [predict(deep, point), onnx[moved]!]) {
          output.forEach(({ data }, index) => {
            const half = data.length / TIMES.length;
            const isNaN = Array.from(data, Number.isNaN);
            const label = `tensor ${moved} on tensor ${index}`;
            if (index === moved) expect(isNaN.slice(0, half), label).toContain(true);
            expect(isNaN.slice(half), label).not.toContain(true);
          });
        }
      });
    });
  });

  describe(`${name} on TensorFlow.js`, () => {
    let tf: TensorFlow;
    beforeAll(async () => {
      ({ tf } = await loadTfjs({ backends: ['tfjs-wasm'], log: () => undefined }));
    });

    it.each(architectures)('agrees with the reference (%i-%i-%i…, 1e-4)', (...layers) => {
      const geometry = 'normalized';
      const point = randomPoint(layers, geometry);
      const actual = tf.tidy(() => {
        const parameters = new Map(
          randomParameters(configOf(layers), geometry).map(({ name: own, shape, data }) => [
            own,
            tf.tensor(data, [...shape]),
          ]),
        );
        return createVelocityNetwork(configOf(layers))
          .predict(
            new TfjsOps(tf),
            (own) => parameters.get(own)!,
            pointOf(point.map(({ shape, data }) => tf.tensor(Float32Array.from(data), [...shape]))),
            tf.tensor(TIMES),
          )
          .map((value) => ({ data: value.dataSync().slice() }));
      });
      const expected = predictReference(configOf(layers), point, geometry);
      expect(largestDifference(actual, expected)).toBeLessThan(1e-4);
    });
  });

  describe(`what ${name} serves`, () => {
    it('refuses a point without hidden layers, and one with too many', () => {
      for (const layers of [
        [3, 2],
        [3, 2, 2, 2, 2, 2],
      ]) {
        const attempt = thrownBy(() => predictReference(configOf(deep), randomPoint(layers)));
        expect(attempt.code).toBe('unsupported-architecture');
        const { served } = createVelocityNetwork(configOf(deep));
        expect(codeOf(served, layers)).toBe('unsupported-architecture');
      }
    });

    it('serves the architectures that it is tested with, and no other inputs or outputs', () => {
      for (const layers of architectures) {
        const { served } = createVelocityNetwork(configOf(layers));
        served.assertServed(architecture(layers));
        for (const other of [layers.with(0, 4), layers.with(-1, 3)]) {
          expect(codeOf(served, other)).toBe('unsupported-architecture');
        }
      }
    });
  });
}

/** How a network refuses an architecture. */
function codeOf(served: ServedFamilies, layers: readonly number[]): ErrorCode {
  return thrownBy(() => {
    served.assertServed(architecture(layers));
  }).code;
}

/** Of central differences: their error is about its square. */
const STEP = 1e-4;

/** A scalar that depends on all elements of an answer in different ways. */
function lossOf<T>(ops: TensorOps<T>, output: readonly T[]): T {
  return output
    .map((value) => ops.mean(ops.mul(value, ops.add(value, ops.constant(1)))))
    .reduce((sum, value) => ops.add(sum, value));
}

/** A network recorded with symbolic shapes. */
function recorded(config: VelocityConfig, geometry: FlowGeometry, layers: readonly number[]) {
  const ops = new Tracer();
  const network = createVelocityNetwork(config);
  const parameters = networkParameters(config, geometry).map(({ name, shape }) =>
    ops.input(name, shape),
  );
  const source = (name: string, shape: readonly number[]) => ops.input(name, shape);
  const family = servedFamily(network.served, architecture(layers));
  const layout = familyLayout(family, isCanonical(geometry));
  const point = batchShapes(layout).map((shape, index) => ops.input(`x${index}`, shape));
  const t = ops.input('t', ['batch']);
  const output = network.predict(ops, source, { layout, tensors: point }, t);
  return { ops, parameters, point, t, output };
}

/** The gradients of {@link lossOf}, recorded with symbolic shapes and evaluated in float64. */
function recordedGradients(
  config: VelocityConfig,
  geometry: FlowGeometry,
  layers: readonly number[],
  filled: readonly FilledParameter[],
): readonly ReferenceTensor[] {
  const values = randomPoint(layers, geometry);
  const { ops, parameters, point, t, output } = recorded(config, geometry, layers);
  const bindings = new Map([
    ...point.map((input, index) => [input, values[index]!] as const),
    [t, tensor(TIMES)] as const,
    ...parameters.map(
      (input, index) => [input, tensor(filled[index]!.data, filled[index]!.shape)] as const,
    ),
  ]);
  const gradients = differentiate(ops, lossOf(ops, output), parameters);
  return replay(gradients, new ReferenceOps(), bindings);
}

/** The architectures that one graph serves: both, or each of them its own. */
function graphsOf(
  pair: readonly (readonly number[])[],
  configOf: (layers: readonly number[]) => VelocityConfig,
): readonly (readonly (readonly number[])[])[] {
  const [first, second] = pair.map((layers) => JSON.stringify(configOf(layers)));
  return first === second ? [pair] : pair.map((layers) => [layers]);
}

async function runOnnx(config: VelocityConfig, geometry: FlowGeometry, points: readonly Point[]) {
  const { neurons, tensors } = layoutOf(points[0]!);
  const names = tensors.map(({ name }) => name);
  const feeds = points.map((point) => ({
    ...Object.fromEntries(
      point.map(({ shape, data }, index) => [
        `xt.${names[index]!}`,
        { shape, data: Float32Array.from(data) },
      ]),
    ),
    t: { shape: [TIMES.length], data: TIMES },
  }));
  // Velocities of flat paths are the output of the network itself.
  const flow = { velocity: config, prediction: 'velocity', geometry } as const;
  const parameters = new Map(randomParameters(config, geometry).map((spec) => [spec.name, spec]));
  const family = familyIn(flow, architecture(neurons.map(({ size }) => size)));
  const results = await runModel(velocityModel(flow, parameters, family), feeds);
  return results.map((result) =>
    names.map((name) => ({ data: result[`predicted.${name}`]!.values })),
  );
}

/** NaN in the first element of one tensor, which belongs to the first network of the batch. */
function withNaN(point: Point, moved: number): Point {
  const { shape, data } = point[moved]!;
  return point.with(moved, { shape, data: data.with(0, NaN) });
}
