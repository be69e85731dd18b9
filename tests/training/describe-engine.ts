import { beforeAll, describe, expect, it } from 'vitest';
import { adaptiveLayerNorm } from '../../src/ops/composites/adaptive-layer-norm.js';
import { gelu } from '../../src/ops/composites/activations.js';
import { multiHeadAttention } from '../../src/ops/composites/attention.js';
import { fourierEmbedding } from '../../src/ops/composites/fourier-embedding.js';
import { linear } from '../../src/ops/composites/linear.js';
import { meanSquaredError } from '../../src/ops/composites/losses.js';
import type { HostTensor } from '../../src/ops/host-tensor.js';
import {
  ReferenceOps,
  scalarValue,
  tensor,
  type ReferenceTensor,
} from '../../src/ops/reference-ops.js';
import type { ParameterSource, ParameterSpec, TensorOps } from '../../src/ops/tensor-ops.js';
import { Random } from '../../src/random.js';
import type { Engine, LossProgram } from '../../src/training/engine.js';
import { centralDifferences, deviation } from '../ops/finite-differences.js';

export const TOKENS: HostTensor = { shape: [2, 3, 4], data: new Random(1, 'x').normals(24) };
export const TIMES: HostTensor = { shape: [2], data: Float32Array.of(0.2, 0.7) };

/** A transformer block on a few tokens: every composite, few enough parameters to difference. */
export const program: LossProgram = {
  parameters: parametersOf((ops, parameter) => {
    network(ops, parameter, tensor(TOKENS.data, TOKENS.shape), tensor(TIMES.data, TIMES.shape));
  }),
  inputs: [
    { name: 'x', shape: ['batch', 'n', 4] },
    { name: 't', shape: ['batch'] },
  ],
  loss(ops, parameters, inputs) {
    const x = inputs.get('x')!;
    const prediction = network(ops, (name) => parameters.get(name)!, x, inputs.get('t')!);
    return meanSquaredError(ops, prediction, x);
  },
};

function network<T>(ops: TensorOps<T>, parameter: ParameterSource<T>, x: T, t: T): T {
  const condition = linear(ops, parameter, 'time', fourierEmbedding(ops, t, { features: 4 }), 3);
  const normed = adaptiveLayerNorm(ops, parameter, 'norm', x, condition);
  const attended = ops.add(
    x,
    multiHeadAttention(ops, parameter, 'attention', normed, { heads: 2 }),
  );
  return linear(ops, parameter, 'out', gelu(ops, attended), 4);
}

/** The parameters that a network asks for, in order. */
function parametersOf(
  run: (ops: ReferenceOps, parameter: ParameterSource<ReferenceTensor>) => void,
): ParameterSpec[] {
  const specs: ParameterSpec[] = [];
  run(new ReferenceOps(), (name, shape, init) => {
    specs.push({ name, shape, init });
    return tensor(new Float64Array(shape.reduce((a, b) => a * b, 1)), shape);
  });
  return specs;
}

const size = ({ shape }: ParameterSpec): number => shape.reduce((a, b) => a * b, 1);

/** Random values for all parameters, also for those that start at zero. */
export function randomParameters(): Float32Array[] {
  return program.parameters.map((spec) =>
    new Random(3, spec.name).normals(size(spec)).map((value) => 0.5 * value),
  );
}

/** What every engine has to do; `load` is called once. */
export function describeEngine(name: string, load: () => Promise<Engine>): void {
  describe(name, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await load();
    });

    it('agrees with central differences of the float64 interpreter (1e-4)', async () => {
      const values = randomParameters();
      const { loss, gradients } = await (
        await engine.compile(program)
      ).evaluate(values, [TOKENS, TIMES]);

      const ops = new ReferenceOps();
      const inputs = new Map([
        ['x', tensor(TOKENS.data, TOKENS.shape)],
        ['t', tensor(TIMES.data, TIMES.shape)],
      ]);
      const referenceLoss = (parameters: readonly ReferenceTensor[]): number => {
        const named = new Map(program.parameters.map(({ name }, i) => [name, parameters[i]!]));
        return scalarValue(program.loss(ops, named, inputs));
      };
      const exact = values.map((data, i) => tensor(data, program.parameters[i]!.shape));
      expect(Math.abs(loss / referenceLoss(exact) - 1)).toBeLessThan(1e-5);
      centralDifferences(referenceLoss, exact).forEach((expected, i) => {
        const { name } = program.parameters[i]!;
        expect(deviation(gradients[i]!, expected), name).toBeLessThan(1e-4);
        expect(Math.max(...expected.map(Math.abs)), `${name} matters`).toBeGreaterThan(1e-4);
      });
    });

    it('gives zeros for parameters without influence, and twice the same result', async () => {
      const evaluation = await engine.compile({
        parameters: [
          { name: 'used', shape: [2], init: { kind: 'zeros' } },
          { name: 'unused', shape: [3], init: { kind: 'zeros' } },
          { name: 'stepped', shape: [2], init: { kind: 'zeros' } },
        ],
        inputs: [],
        loss: (ops, parameters) => {
          const used = parameters.get('used')!;
          return ops.sum(ops.add(ops.mul(used, used), ops.step(parameters.get('stepped')!)));
        },
      });
      const values = [Float32Array.of(1, -2), new Float32Array(3), Float32Array.of(1, -1)];
      const first = await evaluation.evaluate(values, []);
      expect(first.loss).toBe(6);
      expect(first.gradients.map((gradient) => [...gradient])).toEqual([
        [2, -4],
        [0, 0, 0],
        [0, 0],
      ]);
      expect(await evaluation.evaluate(values, [])).toEqual(first);
    });

    it.each([
      ['a missing parameter', (p: Float32Array[]) => p.slice(1), [TOKENS, TIMES], /parameters/],
      [
        'a parameter of another size',
        (p: Float32Array[]) => p.with(0, new Float32Array(1)),
        [TOKENS, TIMES],
        /time\.weight expects 12 values, got 1/,
      ],
      ['a missing input', (p: Float32Array[]) => p, [TOKENS], /2 inputs, got 1/],
      [
        'batches that differ',
        (p: Float32Array[]) => p,
        [TOKENS, { shape: [3], data: new Float32Array(3) }],
        /t expects \[batch\] with batch = 2, n = 3, got \[3\]/,
      ],
      [
        'an input without its data',
        (p: Float32Array[]) => p,
        [TOKENS, { shape: [2], data: new Float32Array(1) }],
        /t expects/,
      ],
    ])('refuses %s', async (_, change, inputs, message) => {
      const evaluation = await engine.compile(program);
      const attempt = evaluation.evaluate(change(randomParameters()), inputs);
      await expect(attempt).rejects.toMatchObject({ code: 'shape-mismatch' });
      await expect(attempt).rejects.toThrow(message);
    });
  });
}
