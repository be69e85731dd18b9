import { setImmediate as nextTurn } from 'node:timers/promises';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { ortError } from '../devices/ort-error.js';
import { WeightspringError } from '../errors.js';
import type { HostPoint } from '../flow/weight-space.js';
import type { HostTensor } from '../ops/host-tensor.js';

/** Sessions of a likelihood's step models, by use. */
export interface ReverseSessions {
  /** A step of the chosen solver. */
  readonly step: InferenceSession;
  /** An Euler step, for the interval before t = 1. */
  readonly euler: InferenceSession;
}

/** One step: the solver goes from t to t + dt, dt < 0. */
export interface ReverseStep {
  readonly session: keyof ReverseSessions;
  readonly t: number;
  readonly dt: number;
}

/** The points x_0 of the trajectories, and `∫₀¹ εᵀPJPε dt` along each. */
export interface ReverseEnd {
  readonly start: HostPoint;
  /** One per row. */
  readonly integrals: Float64Array;
}

/**
 * The steps from t = 1 to 0. The velocity towards a predicted end point is 0/0 at t = 1, so in the
 * last interval, of length `endOffset`, the field is evaluated only at the middle, for one Euler
 * step; the rest is `steps` steps of the solver.
 *
 * @param times - t_0 = 0 … t_n = 1, as for sampling
 */
export function reverseSteps(times: Float64Array, endOffset: number): readonly ReverseStep[] {
  const scaled = Array.from(times, (t) => t * (1 - endOffset)).reverse();
  const steps = scaled.slice(1).map((next, k): ReverseStep => {
    const t = scaled[k] as number;
    return { session: 'step', t, dt: next - t };
  });
  return [{ session: 'euler', t: 1 - endOffset / 2, dt: -endOffset }, ...steps];
}

/**
 * Follows the flow's ODE back from x_1 with one probe per row.
 *
 * @param names - names of the tensors of a point
 * @throws WeightspringError `cancelled` between two steps once `signal` is aborted, `out-of-memory`
 */
export async function integrateBack(
  sessions: ReverseSessions,
  steps: readonly ReverseStep[],
  x1: HostPoint,
  probe: HostPoint,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReverseEnd> {
  const rows = x1[0]?.shape[0] ?? 0;
  const probes = named('probe', names, probe.map(toTensor));
  const integrals = new Float64Array(rows);
  let point: readonly Tensor[] = x1.map(toTensor);
  for (const [k, { session, t, dt }] of steps.entries()) {
    await nextTurn();
    if (signal?.aborted === true) {
      throw new WeightspringError('cancelled', `cancelled after ${k} of ${steps.length} steps`);
    }
    const outputs = await run(sessions[session], {
      ...named('x', names, point),
      ...probes,
      t: perRow(rows, t),
      dt: perRow(rows, dt),
    });
    point = names.map((name) => outputs[`next.${name}`] as Tensor);
    const step = outputs.integral?.data as Float32Array;
    // Summed here and not in the graph, where float32 would round at every step.
    for (let row = 0; row < rows; row++) {
      integrals[row] = (integrals[row] as number) - (step[row] as number);
    }
  }
  return { start: point.map(toHost), integrals };
}

async function run(
  session: InferenceSession,
  feeds: Record<string, Tensor>,
): Promise<InferenceSession.ReturnType> {
  try {
    return await session.run(feeds);
  } catch (error) {
    throw ortError(error, {
      what: 'a solver step failed',
      code: 'internal',
      memoryHint: 'use a narrower network, or smaller `rows` in the options of logLikelihood',
    });
  }
}

function perRow(rows: number, value: number): Tensor {
  return new Tensor('float32', new Float32Array(rows).fill(value), [rows]);
}

function toTensor({ shape, data }: HostTensor): Tensor {
  return new Tensor('float32', data, shape);
}

function toHost({ dims, data }: Tensor): HostTensor {
  return { shape: dims, data: data as Float32Array };
}

function named(
  prefix: string,
  names: readonly string[],
  tensors: readonly Tensor[],
): Record<string, Tensor> {
  return Object.fromEntries(
    tensors.map((tensor, index) => [`${prefix}.${names[index] ?? ''}`, tensor]),
  );
}
