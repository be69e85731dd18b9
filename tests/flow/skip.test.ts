import { describe, expect, it } from 'vitest';
import { FLOW_GEOMETRIES, pointGeometry } from '../../src/flow/geometry.js';
import { hasSkip, predict, SKIPS, type Skip } from '../../src/flow/prediction.js';
import { architecture } from '../../src/network/architecture.js';
import { ReferenceOps, tensor } from '../../src/ops/reference-ops.js';
import { initialiseParameters } from '../../src/training/flow-parameters.js';
import { networkParameters } from '../../src/flow/network-parameters.js';
import { VELOCITY_KINDS } from '../../src/velocity/registry.js';
import { chooseVelocityConfig } from '../../src/velocity/choose-velocity-config.js';
import { createVelocityNetwork } from '../../src/velocity/create-velocity-network.js';
import { Tracer, replay } from '../../src/ops/trace.js';
import { differentiate } from '../../src/ops/differentiate.js';
import { flowMatchingLoss } from '../../src/flow/objective.js';
import { layoutIn } from '../support/point-of.js';
import { answering, gap, noise, noParameters, priorPoint, shapesOf } from './points.js';

const ops = new ReferenceOps();
const ARCH = architecture([3, 5, 4, 2]);
const TIMES = tensor([0, 0.25, 0.9]);

describe.each(FLOW_GEOMETRIES)('end points of the %s flow', (geometry) => {
  const xt = priorPoint(ARCH, geometry, 3, 'current');
  const output = noise(shapesOf(ARCH, geometry, 3), 'output');
  const layout = layoutIn(geometry, ARCH);
  const { data } = pointGeometry(geometry, layout.tensors);
  const endOf = (skip?: Skip) =>
    predict(
      ops,
      { network: answering(output), layout, prediction: 'endpoint', geometry, skip },
      noParameters,
      xt,
      TIMES,
    );

  it.each(SKIPS)('without the skip are the output, with it what they were: %s', (skip) => {
    const [ends, before, projected] = [endOf(skip), endOf(), data.projectPoint(ops, output)];
    layout.tensors.forEach((tensor, index) => {
      const keeps = hasSkip(skip, data.factors[index]!.isFlat, tensor);
      const expected = keeps ? before : projected;
      expect(gap([ends[index]!], [expected[index]!])).toBe(0);
    });
  });
});

it('keep x_t for biases alone, for what is flat, for what is not of the features, or for all', () => {
  const first = { role: 'weight', from: 'input' } as const;
  const inner = { role: 'weight', from: 'h1' } as const;
  const bias = { role: 'bias', from: null } as const;
  expect([hasSkip('all', false, first), hasSkip('all', true, bias)]).toEqual([true, true]);
  expect(hasSkip('euclidean', false, first)).toBe(false);
  expect(hasSkip('euclidean', true, first)).toBe(true);
  expect(hasSkip('biases', true, first)).toBe(false);
  expect(hasSkip('biases', true, bias)).toBe(true);
  expect(hasSkip('biases', true, { role: 'log-scale', from: null })).toBe(true);
  expect([false, true].map((isFlat) => hasSkip('inner', isFlat, first))).toEqual([false, false]);
  expect([inner, bias].map((tensor) => hasSkip('inner', false, tensor))).toEqual([true, true]);
});

// At zero a point of a sphere has no direction, and its gradient none either.
it.each(VELOCITY_KINDS)('lets a %s learn from its start on', (kind) => {
  const arch = architecture([3, 4, 2]);
  const config = chooseVelocityConfig(kind, [arch], { width: 8, blocks: 1 });
  const specs = networkParameters(config, 'geometric');
  expect(specs.some(({ init }) => init.kind === 'output')).toBe(true);
  const gradientSum = (skip: Skip): number => {
    const tracer = new Tracer();
    const inputs = specs.map(({ name, shape }) => tracer.input(name, shape));
    const byName = new Map(specs.map(({ name }, index) => [name, inputs[index]!]));
    const lift = (label: string) =>
      priorPoint(arch, 'geometric', 2, label).map(({ data, shape }) =>
        tracer.constant(data, shape),
      );
    const loss = flowMatchingLoss(
      tracer,
      {
        network: createVelocityNetwork(config),
        layout: layoutIn('geometric', arch),
        prediction: 'endpoint',
        geometry: 'geometric',
        skip,
      },
      (name) => byName.get(name)!,
      'chord',
      { x0: lift('noise'), x1: lift('data'), t: tracer.constant([0.2, 0.6]) },
    );
    const start = initialiseParameters(specs, 1, skip);
    const values = new Map(
      inputs.map((input, index) => [input, tensor(start[index]!, specs[index]!.shape)] as const),
    );
    return replay(differentiate(tracer, loss, inputs), ops, values).reduce(
      (sum, { data }) => sum + data.reduce((part, value) => part + Math.abs(value), 0),
      0,
    );
  };
  expect(gradientSum('euclidean')).toBeGreaterThan(1e-2);
  expect(gradientSum('all')).toBeGreaterThan(1e-2);
});
