import type { Engine, LossProgram } from '../../src/training/engine.js';
import type { HostTensor } from '../../src/ops/host-tensor.js';
import { ReferenceOps, scalarValue, tensor } from '../../src/ops/reference-ops.js';

const STEP = 1e-4;

/**
 * An engine by central differences in float64: slow, and independent of every gradient rule.
 * For programs without symbolic dimensions in their parameters.
 */
export const numericalEngine: Engine = {
  name: 'numerical',
  compile(program: LossProgram) {
    const ops = new ReferenceOps();
    const lossOf = (values: readonly Float64Array[], inputs: readonly HostTensor[]): number =>
      scalarValue(
        program.loss(
          ops,
          new Map(
            program.parameters.map(({ name, shape }, i) => [name, tensor(values[i]!, shape)]),
          ),
          new Map(
            program.inputs.map(({ name }, i) => [name, tensor(inputs[i]!.data, inputs[i]!.shape)]),
          ),
        ),
      );
    return Promise.resolve({
      evaluate(parameters: readonly Float32Array[], inputs: readonly HostTensor[]) {
        const values = parameters.map((parameter) => Float64Array.from(parameter));
        const gradients = values.map((value) => {
          const gradient = new Float32Array(value.length);
          value.forEach((start, i) => {
            value[i] = start + STEP;
            const above = lossOf(values, inputs);
            value[i] = start - STEP;
            gradient[i] = (above - lossOf(values, inputs)) / (2 * STEP);
            value[i] = start;
          });
          return gradient;
        });
        return Promise.resolve({ loss: lossOf(values, inputs), gradients });
      },
      dispose: () => Promise.resolve(),
    });
  },
};
