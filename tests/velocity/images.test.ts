import { describe, expect, it } from 'vitest';
import type { FlowGeometry } from '../../src/flow/geometry.js';
import { velocityModel } from '../../src/flows/flow-graphs.js';
import { familySizes } from '../../src/network/family.js';
import { networkOf } from '../../src/network/network.js';
import type { Architecture } from '../../src/network/architecture.js';
import type { PointLayout } from '../../src/network/point-layout.js';
import { withHiddenSizes } from '../../src/network/resize.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { chooseVelocityConfig } from '../../src/velocity/choose-velocity-config.js';
import { createVelocityNetwork } from '../../src/velocity/create-velocity-network.js';
import type { VelocityConfig, VelocityKind } from '../../src/velocity/registry.js';
import { graphArchitecture, RESIDUAL_CNN, SMALL_CNN, type Form } from '../network/graphs.js';
import { thrownBy } from '../support/error-code.js';
import { layoutIn } from '../support/point-of.js';
import { runModel } from '../support/run-model.js';
import { largestDifference } from './permute-point.js';
import { predictAt, randomParameters, TIMES } from './tiny-network.js';

const ops = new ReferenceOps();
const KINDS: readonly VelocityKind[] = ['neuron-transformer', 'relational-transformer', 'pna'];
const FORMS: Readonly<Record<string, Form>> = { small: SMALL_CNN, residual: RESIDUAL_CNN };

function configFor(kind: VelocityKind, ...population: readonly Architecture[]): VelocityConfig {
  const heads = kind === 'pna' ? {} : { heads: 2 };
  return chooseVelocityConfig(kind, population, { width: 8, blocks: 1, edgeWidth: 4, ...heads });
}

/** Some units and channels more. */
function widened(arch: Architecture): Architecture {
  return withHiddenSizes(arch, ({ size }) => size + 1);
}

function randomTensors(layout: PointLayout<number>): readonly ReferenceTensor[] {
  return layout.tensors.map(({ name, shape }) => {
    const full = [TIMES.length, ...shape];
    return tensor(new Random(3, name).normals(full.reduce((a, b) => a * b, 1)), full);
  });
}

/** The tensors with every set of hidden neurons rotated by one. */
function rotated(
  { neurons, tensors }: PointLayout<number>,
  values: readonly ReferenceTensor[],
): readonly ReferenceTensor[] {
  const hidden = new Map(neurons.filter(({ isFixed }) => !isFixed).map((set) => [set.name, set]));
  return values.map((value, index) =>
    tensors[index]!.axes.reduce((moved, name, axis) => {
      const size = hidden.get(name ?? '')?.size;
      if (size === undefined) return moved;
      const [first, rest] = [
        ops.slice(moved, axis + 1, 0, 1),
        ops.slice(moved, axis + 1, 1, size - 1),
      ];
      return ops.concat([rest, first], axis + 1);
    }, value),
  );
}

describe.each(Object.entries(FORMS))(
  'velocity networks of a %s convolutional network',
  (_, form) => {
    const arch = graphArchitecture(form);

    describe.each(KINDS)('%s', (kind) => {
      const config = configFor(kind, arch);

      it.each<FlowGeometry>(['euclidean', 'normalized'])(
        'permutes its answer with channels and units (%s, 1e-9)',
        (geometry) => {
          for (const own of [arch, widened(arch)]) {
            const layout = layoutIn(geometry, own);
            const point = randomTensors(layout);
            const answer = predictAt(config, { layout, tensors: point }, geometry);
            expect(answer.map(({ shape }) => shape)).toEqual(point.map(({ shape }) => shape));
            const permuted = predictAt(
              config,
              { layout, tensors: rotated(layout, point) },
              geometry,
            );
            expect(largestDifference(permuted, rotated(layout, answer))).toBeLessThan(1e-9);
            // Every number of a kernel has an answer of its own.
            for (const { shape, data } of answer.filter(({ shape: { length } }) => length === 4)) {
              const [, , features = 1, to = 1] = shape;
              const first = Array.from({ length: features }, (__, f) => data[f * to]!);
              expect(new Set(first).size).toBe(features);
            }
          }
        },
      );

      it('agrees with onnxruntime, one graph for all widths (1e-4)', async () => {
        const geometry = 'euclidean';
        const parameters = new Map(
          randomParameters(config, geometry).map((own) => [own.name, own]),
        );
        const { families } = createVelocityNetwork(config).served;
        const model = velocityModel(
          { velocity: config, prediction: 'velocity', geometry },
          parameters,
          families[0]!,
        );
        const networks = [arch, widened(arch)].map((own) => {
          const layout = layoutIn(geometry, own);
          return { layout, point: randomTensors(layout) };
        });
        const results = await runModel(
          model,
          networks.map(({ layout, point }) => ({
            t: { shape: [TIMES.length], data: TIMES },
            ...Object.fromEntries(
              layout.tensors.map(({ name }, index) => [
                `xt.${name}`,
                { shape: point[index]!.shape, data: Float32Array.from(point[index]!.data) },
              ]),
            ),
          })),
        );
        networks.forEach(({ layout, point }, run) => {
          const expected = predictAt(config, { layout, tensors: point }, geometry);
          const actual = layout.tensors.map(({ name }) => ({
            data: results[run]![`predicted.${name}`]!.values,
          }));
          expect(largestDifference(actual, expected)).toBeLessThan(1e-4);
        });
      });
    });
  },
);

describe('the families that a velocity network serves', () => {
  const [small, residual] = [SMALL_CNN, RESIDUAL_CNN].map(graphArchitecture);

  it('are those of the population, at any widths', () => {
    const { served } = createVelocityNetwork(
      configFor('neuron-transformer', small!, widened(small!)),
    );
    expect(served.families.map(({ key }) => key)).toEqual([networkOf(small!).family.key]);
    served.assertServed(widened(widened(small!)));
    expect(Object.keys(familySizes(networkOf(small!))).length).toBe(3);
    expect(
      thrownBy(() => {
        served.assertServed(residual!);
      }).code,
    ).toBe('unsupported-architecture');
  });

  it('may have kernels of several sizes, which one set of parameters reads', () => {
    const wider = graphArchitecture({
      ...SMALL_CNN,
      nodes: SMALL_CNN.nodes.map((node) =>
        node.op === 'conv2d' && node.kernel === 2 ? { ...node, kernel: 3 } : node,
      ),
    });
    const config = configFor('neuron-transformer', small!, wider);
    for (const arch of [small!, wider]) {
      const layout = layoutIn('euclidean', arch);
      const point = randomTensors(layout);
      const answer = predictAt(config, { layout, tensors: point });
      expect(answer.map(({ shape }) => shape)).toEqual(point.map(({ shape }) => shape));
    }
  });
});
