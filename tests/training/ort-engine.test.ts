import { describe, expect, it } from 'vitest';
import { InferenceSession } from 'onnxruntime-node';
import { encodeModel } from '../../src/onnx/serialize.js';
import type { TensorOps } from '../../src/ops/tensor-ops.js';
import { gradientGraph } from '../../src/training/gradient-graph.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { missingProviders } from '../support/providers.js';
import { describeEngine, program, randomParameters, TIMES, TOKENS } from './describe-engine.js';

describeEngine('OrtEngine', () => Promise.resolve(new OrtEngine({ threads: 1 })));
describeEngine('OrtEngine with checkpoints', () =>
  Promise.resolve(new OrtEngine({ threads: 1, segments: 3 })),
);

describe('OrtEngine', () => {
  const engine = new OrtEngine({ threads: 1 });

  it('runs one compiled program at any size', async () => {
    const compiled = await engine.compile(program);
    const parameters = randomParameters();
    const whole = await compiled.evaluate(parameters, [TOKENS, TIMES]);
    const { loss } = whole;
    const gradient = Float32Array.from(whole.gradients[0]!);
    // The mean over a batch is the mean over its halves, and so is its gradient.
    let meanLoss = 0;
    const mean = new Float32Array(gradient.length);
    for (const half of [0, 1]) {
      const tokens = { shape: [1, 3, 4], data: TOKENS.data.slice(12 * half, 12 * half + 12) };
      const times = { shape: [1], data: TIMES.data.slice(half, half + 1) };
      const part = await compiled.evaluate(parameters, [tokens, times]);
      meanLoss += part.loss / 2;
      part.gradients[0]!.forEach((value, index) => (mean[index]! += value / 2));
    }
    expect(Math.abs(meanLoss - loss)).toBeLessThan(1e-5);
    mean.forEach((value, index) => {
      expect(Math.abs(value - gradient[index]!)).toBeLessThan(1e-5);
    });
    await compiled.dispose();
  });

  it('passes on a loss that is not a number', async () => {
    const compiled = await engine.compile(program);
    const parameters = randomParameters();
    parameters[0]!.fill(NaN);
    expect((await compiled.evaluate(parameters, [TOKENS, TIMES])).loss).toBeNaN();
    await compiled.dispose();
  });

  it('refuses a loss that is not a scalar before it computes anything', async () => {
    const failing = engine.compile({ ...program, loss: (_, __, inputs) => inputs.get('x')! });
    await expect(failing).rejects.toMatchObject({ code: 'shape-mismatch' });
  });

  it('refuses a provider that is not there', async ({ skip }) => {
    const missing = (await missingProviders())[0];
    if (missing === undefined) return skip('every provider works on this machine');
    const engine = new OrtEngine({ provider: missing });
    expect(engine.name).toBe(`ort-${missing}`);
    await expect(engine.compile(program)).rejects.toMatchObject({ code: 'provider-unavailable' });
  });

  it('says so when memory runs out', async () => {
    const compiled = await engine.compile({
      parameters: [{ name: 'w', shape: [1], init: { kind: 'zeros' } }],
      inputs: [
        { name: 'a', shape: ['n', 1] },
        { name: 'b', shape: [1, 'n'] },
      ],
      loss: <T>(
        ops: TensorOps<T>,
        parameters: ReadonlyMap<string, T>,
        inputs: ReadonlyMap<string, T>,
      ) =>
        ops.mean(
          ops.exp(ops.mul(ops.add(inputs.get('a')!, inputs.get('b')!), parameters.get('w')!)),
        ),
    });
    // n² float32 numbers are far more than any address space holds.
    const n = 2 ** 24;
    const data = new Float32Array(n);
    const attempt = compiled.evaluate(
      [new Float32Array(1)],
      [
        { shape: [n, 1], data },
        { shape: [1, n], data },
      ],
    );
    await expect(attempt).rejects.toMatchObject({ code: 'out-of-memory' });
    await compiled.dispose();
  });
});

describe('gradientGraph', () => {
  it('keeps names of parameters and inputs apart, and leaves out gradients that are zero', () => {
    const graph = gradientGraph({
      parameters: [
        { name: 'x', shape: [2], init: { kind: 'zeros' } },
        { name: 'unused', shape: [2], init: { kind: 'zeros' } },
      ],
      inputs: [{ name: 'x', shape: ['n', 2] }],
      loss: (ops, parameters, inputs) => ops.sum(ops.mul(parameters.get('x')!, inputs.get('x')!)),
    });
    expect(graph.parameterNames).toEqual(['parameter:x', 'parameter:unused']);
    expect(graph.inputNames).toEqual(['input:x']);
    expect(graph.gradientNames).toEqual(['gradient:x', undefined]);
    expect(graph.model.outputs.map(({ name }) => name)).toEqual(['gradient:x', 'loss']);
  });

  it('adds outputs last that the backward pass comes to first', () => {
    const layers = ['w1', 'w2', 'w3'];
    const graph = gradientGraph({
      parameters: layers.map((name) => ({ name, shape: [2, 2], init: { kind: 'zeros' } })),
      inputs: [{ name: 'x', shape: ['n', 2] }],
      loss<T>(
        ops: TensorOps<T>,
        parameters: ReadonlyMap<string, T>,
        inputs: ReadonlyMap<string, T>,
      ) {
        const layer = (h: T, name: string): T => ops.tanh(ops.matMul(h, parameters.get(name)!));
        return ops.mean(layers.reduce(layer, inputs.get('x')!));
      },
    });
    expect(graph.model.outputs.map(({ name }) => name)).toEqual([
      'gradient:w1',
      'gradient:w2',
      'gradient:w3',
      'loss',
    ]);
  });

  it('reads weights and rows transposed in place', () => {
    const { model } = gradientGraph({
      parameters: [{ name: 'w', shape: [3, 2], init: { kind: 'zeros' } }],
      inputs: [{ name: 'x', shape: ['n', 3] }],
      loss: (ops, parameters, inputs) =>
        ops.mean(ops.exp(ops.matMul(inputs.get('x')!, parameters.get('w')!))),
    });
    const opTypes = model.nodes.map(({ opType }) => opType);
    expect(opTypes).toContain('Gemm');
    expect(opTypes).not.toContain('Transpose');
  });

  it('makes a model that onnxruntime accepts as it stands', async () => {
    const session = await InferenceSession.create(encodeModel(gradientGraph(program).model), {
      graphOptimizationLevel: 'disabled',
    });
    expect(session.outputNames).toHaveLength(program.parameters.length + 1);
    await session.release();
  });
});
