import { Tensor } from 'onnxruntime-node';
import { ensure, WeightspringError } from '../errors.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { AttributeValue, OnnxModel } from '../onnx/graph.js';
import { encodeModel } from '../onnx/serialize.js';
import type { Provider } from './device.js';
import { createSession, providerFailure } from './session.js';

const X = {
  shape: [2, 3, 3],
  data: Float32Array.of(1, 2, 3, -1, 0, 2, 3, 4, 1, -4, 5, 6, 0, 1, 0, 1, -3, 3),
};
const W = { shape: [3, 2], data: Float32Array.of(0.5, -1, 2, 0.25, -1.5, 3) };
const B = { shape: [2], data: Float32Array.of(10, -21) };
/** (max_j x_j + mean_j x_j)·w + b, in exact arithmetic. */
const EXPECTED = [16.5, -8.5, 8.5, 7.5];

/**
 * Runs a tiny graph on a provider and compares the result with the known one. Its operators use
 * every library of a provider: on CUDA, products use cuBLAS, and reductions over an inner axis
 * cuDNN, which onnxruntime loads only when an operator needs it.
 *
 * @throws WeightspringError `provider-unavailable` if it cannot be used or computes wrongly,
 *   `out-of-memory`
 */
export async function probeProvider(provider: Provider): Promise<void> {
  const session = await createSession(encodeModel(probeGraph()), { provider, threads: 1 });
  let got: readonly number[];
  try {
    const { y } = await session.run({ x: new Tensor('float32', X.data, X.shape) });
    got = y?.data instanceof Float32Array ? Array.from(y.data) : [];
  } catch (error) {
    throw providerFailure(error, { provider, what: 'cannot compute' });
  } finally {
    await session.release();
  }
  ensure(
    isExpected(got),
    'provider-unavailable',
    () =>
      `provider ${provider} computes wrongly: expected ${EXPECTED.join(', ')}, ` +
      `got ${got.join(', ')}; use another device`,
  );
}

/** Why a provider cannot be used; undefined if it can. */
export async function providerError(provider: Provider): Promise<WeightspringError | undefined> {
  try {
    await probeProvider(provider);
    return undefined;
  } catch (error) {
    if (error instanceof WeightspringError) return error;
    throw error;
  }
}

/** y = (max_j x_j + mean_j x_j)·w + b, x: [2, 3, 3] reduced over its middle axis. */
function probeGraph(): OnnxModel {
  const graph = new GraphBuilder({ name: 'probe' });
  graph.input({ name: 'x', type: 'float32', shape: X.shape });
  graph.initializer({ name: 'w', type: 'float32', ...W });
  graph.initializer({ name: 'b', type: 'float32', ...B });
  const overMiddleAxis: Readonly<Record<string, AttributeValue>> = {
    axes: { kind: 'ints', value: [1] },
    keepdims: { kind: 'int', value: 0 },
  };
  graph.node('ReduceMax', ['x'], overMiddleAxis, ['max']);
  graph.node('ReduceMean', ['x'], overMiddleAxis, ['mean']);
  graph.node('Add', ['max', 'mean'], {}, ['reduced']);
  graph.node('MatMul', ['reduced', 'w'], {}, ['product']);
  graph.node('Add', ['product', 'b'], {}, ['y']);
  graph.output({ name: 'y', type: 'float32', shape: [2, 2] });
  return graph.build();
}

/** Compares exactly: the numbers have few enough bits for any summation order and format. */
function isExpected(got: readonly number[]): boolean {
  return (
    got.length === EXPECTED.length &&
    EXPECTED.every((value, index) => Math.abs(value - (got[index] ?? Number.NaN)) <= 1e-5)
  );
}
