import { Tensor, type InferenceSession } from 'onnxruntime-node';
import type { Provider } from '../src/devices/device.js';
import { createSession } from '../src/devices/session.js';
import { timesOf } from '../src/flow/solvers/time-grid.js';
import type { OnnxModel } from '../src/onnx/graph.js';
import { encodeModel } from '../src/onnx/serialize.js';
import type { HostTensor } from '../src/ops/host-tensor.js';
import { integrate } from '../src/sampling/integrate.js';
import { normalPoint, tensorNames } from './subject.js';

export interface BenchSession {
  /** Default `cpu`. */
  readonly provider?: Provider;
  /** Default 0: one per core. */
  readonly threads?: number;
  /** Default false, as the sampler has it; training has true. */
  readonly planMemory?: boolean;
}

/** A session as the sampler opens it, unless told. */
export function openSession(
  model: OnnxModel,
  { provider = 'cpu', threads = 0, planMemory = false }: BenchSession = {},
): Promise<InferenceSession> {
  return createSession(encodeModel(model), { provider, threads, planMemory });
}

/** Integrates a batch from fresh noise, as the sampler does. */
export function integration(
  step: InferenceSession,
  batch: number,
  steps: number,
): () => Promise<unknown> {
  const noise = normalPoint(batch, 'noise');
  const times = timesOf('uniform', steps);
  return () => {
    const start = noise.map(({ shape, data }) => ({ shape, data: data.slice() }));
    return integrate({ step, lastStep: step, perturb: null }, start, {
      names: tensorNames(),
      times,
      noiseScale: () => 0,
      drawNoise: () => [],
    });
  };
}

export interface BareRuns {
  readonly batch: number;
  /** How often the model runs in one call. Default 1. */
  readonly runs?: number;
  /** Default: that of the subject. */
  readonly hidden?: readonly number[];
}

/**
 * Runs a model over and over with nothing between two runs.
 *
 * @param session - of inputs `….w1`, … of a point, `t [batch]` and perhaps `dt [batch]`, and outputs
 *   `….w1`, …
 */
export function bareRuns(
  session: InferenceSession,
  { batch, runs = 1, hidden }: BareRuns,
): () => Promise<void> {
  const point = normalPoint(batch, 'noise', hidden);
  const perNetwork = (value: number): HostTensor => ({
    shape: [batch],
    data: new Float32Array(batch).fill(value),
  });
  const names = tensorNames(hidden);
  const inputs = new Map<string, HostTensor>([
    ...point.map((value, index) => [names[index] ?? '', value] as const),
    ['t', perNetwork(0.5)],
    ['dt', perNetwork(1 / 32)],
  ]);
  const outputs = new Map(
    [...inputs].map(([name, { shape, data }]) => [
      name,
      { shape, data: new Float32Array(data.length) },
    ]),
  );
  const feeds = tensorsFor(session.inputNames, inputs);
  const fetches = tensorsFor(session.outputNames, outputs);
  return async () => {
    for (let run = 0; run < runs; run++) await session.run(feeds, fetches);
  };
}

/** Tensors over host memory for the names of a session, by what stands after their prefix. */
function tensorsFor(
  names: readonly string[],
  values: ReadonlyMap<string, HostTensor>,
): Record<string, Tensor> {
  return Object.fromEntries(
    names.map((name) => {
      const value = values.get(name.slice(name.indexOf('.') + 1));
      if (value === undefined) throw new Error(`the bench has no value for '${name}'`);
      return [name, new Tensor('float32', value.data, value.shape)];
    }),
  );
}
