import { expect, it } from 'vitest';
import type { TensorOps } from '../../src/ops/tensor-ops.js';
import { loadTfjs } from '../../src/training/tfjs-backend.js';
import { TfjsEngine } from '../../src/training/tfjs-engine.js';

// In a file of its own: WebAssembly that ran out of memory computes nothing afterwards.
it('TensorFlow.js says so when memory runs out', async () => {
  const engine = new TfjsEngine(await loadTfjs({ backends: ['tfjs-wasm'], log: () => undefined }));
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
    ) => ops.mean(ops.mul(ops.add(inputs.get('a')!, inputs.get('b')!), parameters.get('w')!)),
  });
  // n² float32 numbers are four times what WebAssembly can address.
  const n = 2 ** 16;
  const data = new Float32Array(n);
  await expect(
    compiled.evaluate(
      [new Float32Array(1)],
      [
        { shape: [n, 1], data },
        { shape: [1, n], data },
      ],
    ),
  ).rejects.toMatchObject({ code: 'out-of-memory' });
});
