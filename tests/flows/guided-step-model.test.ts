import { describe, expect, it } from 'vitest';
import { pointGeometry } from '../../src/flow/geometry.js';
import { GUIDANCE_FORMS, guidanceLoss } from '../../src/flow/guidance.js';
import { endOf } from '../../src/flow/prediction.js';
import { carriedNames, guidedStepModel } from '../../src/flows/guided-step-model.js';
import { networkOf } from '../../src/network/network.js';
import { withHiddenSizes } from '../../src/network/resize.js';
import {
  ReferenceOps,
  scalarValue,
  tensor,
  type ReferenceTensor,
} from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { chooseVelocityConfig } from '../../src/velocity/choose-velocity-config.js';
import { createVelocityNetwork } from '../../src/velocity/create-velocity-network.js';
import { graphArchitecture, RESIDUAL_CNN, SMALL_CNN } from '../network/graphs.js';
import { layoutIn } from '../support/point-of.js';
import { runModel } from '../support/run-model.js';
import { predictAt, randomParameters, TIMES } from '../velocity/tiny-network.js';

const ops = new ReferenceOps();
const ROWS = 3;
const geometry = 'euclidean';

describe.each([
  ['small', SMALL_CNN],
  ['residual', RESIDUAL_CNN],
] as const)('a guided step of a %s convolutional network', (_, form) => {
  const arch = graphArchitecture(form);
  const { inputs, outputs, family } = networkOf(arch);
  const config = chooseVelocityConfig('neuron-transformer', [arch], {
    ...{ width: 8, blocks: 1, edgeWidth: 4, heads: 2 },
  });
  const rows = tensor(new Random(1, 'rows').normals(ROWS * inputs), [ROWS, inputs]);
  const targets = tensor(
    Float32Array.from({ length: ROWS * outputs }, (_, at) => (at % outputs === 1 ? 1 : 0)),
    [ROWS, outputs],
  );

  it.each(GUIDANCE_FORMS)('is recorded for every width, in the form %s', (guidance) => {
    const model = modelOf(guidance);
    const layout = layoutIn(geometry, arch);
    const names = [
      ...layout.tensors.map(({ name }) => name),
      ...(guidance === 'descent' ? carriedNames(layout) : []),
    ];
    expect(model.outputs.map(({ name }) => name)).toEqual(names.map((name) => `next.${name}`));
    const inputs = model.inputs.map(({ name }) => name).filter((name) => name.startsWith('x.'));
    expect(inputs).toEqual(names.map((name) => `x.${name}`));
  });

  it('lands where one descends from the predicted end point, at any width (1e-4)', async () => {
    const model = modelOf('end-point');
    for (const own of [arch, withHiddenSizes(arch, ({ size }) => size + 1)]) {
      const layout = layoutIn(geometry, own);
      const point = layout.tensors.map(({ name, shape }) => {
        const full = [TIMES.length, ...shape];
        return tensor(new Random(3, name).normals(full.reduce((a, b) => a * b, 1)), full);
      });
      const scales = tensor(
        Float32Array.from({ length: point.length + 1 }, (_, at) => (at === point.length ? 0 : 0.2)),
      );
      const step = async (strength: number): Promise<readonly ReferenceTensor[]> => {
        const host = ({ shape, data }: ReferenceTensor) => ({
          shape,
          data: Float32Array.from(data),
        });
        const [result] = await runModel(model, [
          {
            ...Object.fromEntries(
              layout.tensors.map(({ name }, at) => [`x.${name}`, host(point[at]!)]),
            ),
            t: { shape: [TIMES.length], data: TIMES },
            dt: { shape: [TIMES.length], data: TIMES.map((t) => 1 - t) },
            rows: host(rows),
            targets: host(targets),
            scales: host(scales),
            strength: { shape: [], data: Float32Array.of(strength) },
          },
        ]);
        return layout.tensors.map(({ name }) => {
          const { values, shape } = result![`next.${name}`]!;
          return tensor(values, shape);
        });
      };
      // A step to t = 1 lands on the end point.
      const flow = { layout, prediction: 'velocity', geometry } as const;
      const velocity = predictAt(config, { layout, tensors: point }, geometry);
      const end = endOf(ops, flow, velocity, point, tensor(TIMES));
      const lossOf = (tensors: readonly ReferenceTensor[]): number =>
        scalarValue(
          guidanceLoss(ops, { architecture: own, rows, targets, scales }, { layout, tensors }),
        );
      const [free, moved] = [await step(0), await step(0.5)];
      expect(largest(free, end)).toBeLessThan(1e-4);
      const { data } = pointGeometry(geometry, layout.tensors);
      const way = data.logMap(ops, end, moved);
      const length = scalarValue(ops.sum(data.innerProduct(ops, end, way, way)));
      // −λ ∇L: what the loss loses to first order is the squared length over λ.
      const small = way.map((part) => ops.mul(part, ops.constant(1e-4)));
      const slope = (lossOf(end) - lossOf(data.expMap(ops, end, small))) / 1e-4;
      expect(length).toBeGreaterThan(1e-4);
      expect(slope / (length / 0.5)).toBeCloseTo(1, 1);
    }
  });

  function modelOf(guidance: (typeof GUIDANCE_FORMS)[number]) {
    const parameters = new Map(randomParameters(config, geometry).map((own) => [own.name, own]));
    const { families } = createVelocityNetwork(config).served;
    expect(families.map(({ key }) => key)).toEqual([family.key]);
    return guidedStepModel(
      { velocity: config, prediction: 'velocity', geometry },
      {
        solver: 'euler',
        method: { form: guidance, schedule: 'constant', gradients: 1 },
        architecture: arch,
      },
      parameters,
      families[0]!,
    );
  }
});

function largest(a: readonly ReferenceTensor[], b: readonly ReferenceTensor[]): number {
  return Math.max(
    ...a.flatMap(({ data }, at) => Array.from(data, (x, i) => Math.abs(x - b[at]!.data[i]!))),
  );
}
