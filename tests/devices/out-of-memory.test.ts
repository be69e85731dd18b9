import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Provider } from '../../src/devices/device.js';
import { createSession } from '../../src/devices/session.js';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import { OnnxOps } from '../../src/ops/onnx-ops.js';
import type { TensorOps } from '../../src/ops/tensor-ops.js';
import { integrate } from '../../src/sampling/integrate.js';
import type { LossProgram } from '../../src/training/engine.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { needs } from '../support/needs.js';
import { missingProviders } from '../support/providers.js';

/** Its square counts 256 TiB of float32: more than a process can address, whatever the machine. */
const HUGE = 2 ** 23;

const missing = await missingProviders();

/** Why a provider cannot be seen to run out of memory here, if so. */
function obstacle(provider: Provider): string | undefined {
  if (missing.includes(provider)) return `${provider} does not work here`;
  // On such a machine the training step was granted some 64 TiB and filled them until its process was
  // ended; a step of the solver was refused as it should.
  const overcommit = '/proc/sys/vm/overcommit_memory';
  if (
    provider === 'cpu' &&
    existsSync(overcommit) &&
    readFileSync(overcommit, 'utf8').trim() === '1'
  )
    return 'the kernel promises memory that there is not (vm.overcommit_memory = 1)';
  return undefined;
}

describe.each<Provider>(['cpu', 'cuda'])('%s runs out of memory', (provider) => {
  const where = needs(obstacle(provider));

  it('in a training step, and takes the next one', where, async () => {
    const column = ['n', 1] as const;
    const program: LossProgram = {
      parameters: [{ name: 'w', shape: [1], init: { kind: 'zeros' } }],
      inputs: [
        { name: 'a', shape: column },
        { name: 'b', shape: column },
      ],
      // Half of (w + ⟨a bᵀ⟩)², so that the gradient at w = 0 is the mean of all products.
      loss: <T>(
        ops: TensorOps<T>,
        parameters: ReadonlyMap<string, T>,
        inputs: ReadonlyMap<string, T>,
      ): T => {
        const products = ops.matMul(inputs.get('a')!, ops.transpose(inputs.get('b')!, [1, 0]));
        const sum = ops.add(parameters.get('w')!, ops.mean(ops.exp(products)));
        return ops.mul(ops.mean(ops.mul(sum, sum)), ops.constant(0.5));
      },
    };
    const compiled = await new OrtEngine({ provider, threads: 1 }).compile(program);
    const step = (n: number) => {
      const zeros = { shape: [n, 1], data: new Float32Array(n) };
      return compiled.evaluate([new Float32Array(1)], [zeros, zeros]);
    };
    await expect(step(HUGE)).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(/smaller batch/) as string,
    });
    const { loss, gradients } = await step(3);
    expect(loss).toBeCloseTo(0.5, 6);
    expect(gradients[0]?.[0]).toBeCloseTo(1, 6);
    await compiled.dispose();
  });

  it('in a step of the solver, and takes the next one', where, async () => {
    const graph = new GraphBuilder({ name: 'step' });
    const ops = new OnnxOps(graph);
    const name = 'w1';
    const x = ops.input(`x.${name}`, ['batch', 1, 'n']);
    const time = ops.add(ops.input('t', ['batch']), ops.input('dt', ['batch']));
    const products = ops.exp(ops.matMul(ops.transpose(x, [0, 2, 1]), x));
    ops.output(
      `next.${name}`,
      ops.add(ops.mean(products, [1], true), ops.reshape(time, ['batch', 1, 1])),
    );
    const session = await createSession(encodeModel(graph.build()), { provider, threads: 1 });
    const draw = (n: number) =>
      integrate(
        { step: session, lastStep: session, perturb: null },
        [{ shape: [1, 1, n], data: new Float32Array(n) }],
        {
          names: [name],
          times: Float64Array.of(0, 1),
          noiseScale: () => 0,
          drawNoise: () => [],
        },
      );
    await expect(draw(HUGE)).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(/narrower layers/) as string,
    });
    expect([...(await draw(2))[0]!.data]).toEqual([2, 2]);
    await session.release();
  });
});
