import { TfjsOps } from '../../../src/ops/tfjs-ops.js';
import { loadTfjs } from '../../../src/training/tfjs-backend.js';
import type { TensorOpsRunner } from '../conformance.js';

/** Float32 on TensorFlow.js, wasm. */
export async function tfjsRunner(): Promise<TensorOpsRunner> {
  const { tf } = await loadTfjs({ backends: ['tfjs-wasm'], log: () => undefined });
  const ops = new TfjsOps(tf);
  return {
    run: (compute, inputs) =>
      tf.tidy(() => {
        const result = compute(
          ops,
          inputs.map(({ shape, data }) => tf.tensor(data, [...shape])),
        );
        return { shape: result.shape, values: [...result.dataSync()] };
      }),
  };
}
