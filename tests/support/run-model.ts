import * as ort from 'onnxruntime-node';
import type { OnnxModel } from '../../src/onnx/graph.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import type { HostTensor } from '../../src/ops/host-tensor.js';

/** A float32 or int64 result as numbers. */
export interface Fetched {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Writes a model and runs it on onnxruntime's CPU provider, once per set of feeds. */
export async function runModel(
  model: OnnxModel,
  runs: readonly Readonly<Record<string, HostTensor>>[],
): Promise<readonly Readonly<Record<string, Fetched>>[]> {
  const session = await ort.InferenceSession.create(encodeModel(model), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const results: Readonly<Record<string, Fetched>>[] = [];
    for (const feeds of runs) {
      const inputs = Object.entries(feeds).map(
        ([name, { shape, data }]) => [name, new ort.Tensor('float32', data, shape)] as const,
      );
      const outputs = await session.run(Object.fromEntries(inputs));
      results.push(
        Object.fromEntries(
          Object.entries(outputs).map(([name, { dims, data }]) => [
            name,
            { shape: dims, values: Array.from(data as Float32Array | BigInt64Array, Number) },
          ]),
        ),
      );
    }
    return results;
  } finally {
    await session.release();
  }
}

/** A float32 tensor of reproducible values around 0. */
export function wave(shape: readonly number[]): HostTensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => Math.sin(1 + 0.7 * i)) };
}
