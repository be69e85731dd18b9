import { setImmediate as nextTurn } from 'node:timers/promises';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { WeightspringError } from '../errors.js';
import type { HostPoint } from '../flow/weight-space.js';
import { pointNames } from '../velocity/point-shapes.js';

export interface IntegrationOptions {
  readonly steps: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Integrates the flow's ODE from t = 0 to 1 on the grid `t_k = k/n`, one run of a step model per
 * step. Two sets of buffers take turns as input and output; nothing is allocated in the loop.
 *
 * @param start - x_0; overwritten
 * @throws WeightspringError `cancelled` between two steps once `signal` is aborted
 */
export async function integrate(
  session: InferenceSession,
  start: HostPoint,
  { steps, signal }: IntegrationOptions,
): Promise<HostPoint> {
  const batch = start[0]?.shape[0] ?? 0;
  const names = pointNames(start.length);
  const spare = start.map(({ shape, data }) => ({ shape, data: new Float32Array(data.length) }));
  const t = new Float32Array(batch);
  const dt = new Float32Array(batch).fill(1 / steps);
  const times = { t: new Tensor('float32', t, [batch]), dt: new Tensor('float32', dt, [batch]) };
  let from = sides(start, names);
  let to = sides(spare, names);
  for (let step = 0; step < steps; step++) {
    await nextTurn();
    if (signal?.aborted === true) {
      throw new WeightspringError('cancelled', `cancelled after ${step} of ${steps} steps`);
    }
    t.fill(step / steps);
    await session.run({ ...from.feeds, ...times }, to.fetches);
    [from, to] = [to, from];
  }
  return from.point;
}

interface Side {
  readonly point: HostPoint;
  readonly feeds: Record<string, Tensor>;
  readonly fetches: Record<string, Tensor>;
}

/** A set of buffers as inputs and as outputs of the step model. */
function sides(point: HostPoint, names: readonly string[]): Side {
  const tensors = point.map(({ shape, data }) => new Tensor('float32', data, shape));
  const named = (prefix: string): Record<string, Tensor> =>
    Object.fromEntries(tensors.map((tensor, index) => [`${prefix}.${names[index] ?? ''}`, tensor]));
  return { point, feeds: named('x'), fetches: named('next') };
}
