import { Tensor } from 'onnxruntime-node';
import { ensure, WeightspringError } from '../errors.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { OnnxModel } from '../onnx/graph.js';
import { encodeModel } from '../onnx/serialize.js';
import type { Provider } from './device.js';
import { createSession, providerFailure } from './session.js';

const X = { shape: [2, 3], data: Float32Array.of(1, 2, 3, -4, 5, 6) };
const W = { shape: [3, 2], data: Float32Array.of(0.5, -1, 2, 0.25, -1.5, 3) };
const B = { shape: [2], data: Float32Array.of(10, -20) };
/** x·w + b, in exact arithmetic. */
const EXPECTED = [10, -11.5, 9, 3.25];

/**
 * Runs a tiny graph on a provider and compares its numbers with the known ones.
 *
 * @throws WeightspringError `provider-unavailable` where it cannot be used or computes otherwise,
 *   `out-of-memory`
 */
export async function probeProvider(provider: Provider): Promise<void> {
  const session = await createSession(encodeModel(affineMap()), { provider, threads: 1 });
  let got: readonly number[];
  try {
    const { y } = await session.run({ x: new Tensor('float32', X.data, X.shape) });
    got = y?.data instanceof Float32Array ? Array.from(y.data) : [];
  } catch (error) {
    throw providerFailure(error, `provider ${provider} cannot compute`);
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

/** What keeps a provider from being used, or nothing. */
export async function providerFault(provider: Provider): Promise<WeightspringError | undefined> {
  try {
    await probeProvider(provider);
    return undefined;
  } catch (error) {
    if (error instanceof WeightspringError) return error;
    throw error;
  }
}

/** y = x·w + b. */
function affineMap(): OnnxModel {
  const graph = new GraphBuilder({ name: 'probe' });
  graph.input({ name: 'x', type: 'float32', shape: X.shape });
  graph.initializer({ name: 'w', type: 'float32', ...W });
  graph.initializer({ name: 'b', type: 'float32', ...B });
  graph.node('MatMul', ['x', 'w'], {}, ['product']);
  graph.node('Add', ['product', 'b'], {}, ['y']);
  graph.output({ name: 'y', type: 'float32', shape: [2, 2] });
  return graph.build();
}

/** The numbers have so few bits that every order of summation and every format gives them. */
function isExpected(got: readonly number[]): boolean {
  return (
    got.length === EXPECTED.length &&
    EXPECTED.every((value, index) => Math.abs(value - (got[index] ?? Number.NaN)) <= 1e-5)
  );
}
