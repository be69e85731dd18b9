import { expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { familyLayout } from '../../src/network/point-layout.js';
import { PREDICTIONS } from '../../src/flow/prediction.js';
import { ReferenceOps, scalarValue, tensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import type { LossProgram } from '../../src/training/engine.js';
import { flowProgram } from '../../src/training/flow-program.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { NeuronTransformer } from '../../src/velocity/neuron-transformer.js';
import { layoutIn } from '../support/point-of.js';
import { randomParameters, TINY } from '../velocity/tiny-network.js';

const BATCH = 2;
const ARCH = architecture([TINY.inputs, 4, 3, TINY.outputs]);
const STEP = 1e-4;

const INPUTS = ['x0', 'x1']
  .flatMap((name) =>
    layoutIn('euclidean', ARCH).tensors.map((facts, index) => {
      const shape = [BATCH, ...facts.shape];
      const size = shape.reduce((product, dim) => product * dim, 1);
      return { shape, data: new Random(5, name, index).normals(size) };
    }),
  )
  .concat({ shape: [BATCH], data: Float32Array.of(0.25, 0.8125) });

/** The loss in float64, with one element of one parameter moved. */
function lossWith(program: LossProgram, which: number, element: number, amount: number): number {
  const parameters = randomParameters(TINY).map(({ name, shape, data }, index) => {
    const value = tensor(data, shape);
    if (index === which) value.data[element]! += amount;
    return [name, value] as const;
  });
  const inputs = program.inputs.map(
    ({ name }, index) => [name, tensor(INPUTS[index]!.data, INPUTS[index]!.shape)] as const,
  );
  return scalarValue(program.loss(new ReferenceOps(), new Map(parameters), new Map(inputs)));
}

it.each(PREDICTIONS)(
  'the %s loss has the gradient of central differences by every parameter (1e-3)',
  async (prediction) => {
    const parameters = randomParameters(TINY);
    const network = new NeuronTransformer(TINY);
    const layout = familyLayout(networkOf(ARCH).family, false);
    const model = { network, layout, prediction, geometry: 'euclidean' } as const;
    const program = flowProgram({ model, loss: 'chord', parameters });
    const compiled = await new OrtEngine({ threads: 1 }).compile(program);
    const values = parameters.map(({ data }) => data);
    const { loss, gradients } = await compiled.evaluate(values, INPUTS);
    const expectedLoss = lossWith(program, 0, 0, 0);
    expect(Math.abs(loss - expectedLoss)).toBeLessThan(1e-4 * expectedLoss);
    const random = new Random(1);
    let moving = 0;
    parameters.forEach(({ name, data }, which) => {
      const element = random.integer(data.length);
      const expected =
        (lossWith(program, which, element, STEP) - lossWith(program, which, element, -STEP)) /
        (2 * STEP);
      const actual = gradients[which]![element]!;
      expect(Math.abs(actual - expected), `${name}[${element}]`).toBeLessThan(
        1e-3 * (0.1 + Math.abs(expected)),
      );
      if (Math.abs(expected) > 1e-4) moving++;
    });
    // A gradient of zeros everywhere would agree with a loss that ignores its parameters.
    expect(moving).toBeGreaterThan(0.7 * parameters.length);
    await compiled.dispose();
  },
);
