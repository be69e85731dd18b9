import { setImmediate as nextTurn } from 'node:timers/promises';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { ortError } from '../devices/ort-error.js';
import { WeightspringError } from '../errors.js';
import type { HostPoint } from '../flow/weight-space.js';
import { sizeOf } from '../ops/shape-rules.js';

/** The graphs of one integration. */
export interface IntegrationSessions {
  /** Step model of every step but the last. */
  readonly step: InferenceSession;
  /** Step model that does not evaluate the end of its step. */
  readonly lastStep: InferenceSession;
  /** Model that adds noise; null for deterministic sampling. */
  readonly perturb: InferenceSession | null;
}

export interface IntegrationOptions {
  /** Of the tensors of a point. */
  readonly names: readonly string[];
  /** t_0 = 0 … t_n = 1. */
  readonly times: Float64Array;
  /** Standard deviation of the noise before the step from t of length dt; 0 for none. */
  readonly noiseScale: (t: number, dt: number) => number;
  /** Fresh standard normal noise, shaped as the point. */
  readonly drawNoise: () => HostPoint;
  /** Further inputs of the step model at a step. Default: none. */
  readonly feeds?: (step: number) => Readonly<Record<string, Tensor>>;
  /** What steps hand on besides the point: tensors by name, 0 at first. Default: nothing. */
  readonly carried?: CarriedTensors;
  /** Checked before each step. Default: never cancelled. */
  readonly isCancelled?: () => boolean;
}

/** Tensors that a step model reads as `x.NAME` and writes as `next.NAME`. */
export interface CarriedTensors {
  readonly names: readonly string[];
  /** One per name, each with the batch. */
  readonly shapes: readonly (readonly number[])[];
}

/**
 * Integrates the flow's ODE from t = 0 to 1, one run of a step model per step. Two sets of buffers
 * alternate as input and output; only noise is allocated in the loop.
 *
 * @param start - x_0; overwritten
 * @throws WeightspringError `cancelled` between two steps, `out-of-memory`
 */
export async function integrate(
  { step, lastStep, perturb }: IntegrationSessions,
  start: HostPoint,
  options: IntegrationOptions,
): Promise<HostPoint> {
  const { names, times, noiseScale, drawNoise } = options;
  const { feeds: furtherFeeds = () => ({}), carried, isCancelled = () => false } = options;
  const steps = times.length - 1;
  const batch = start[0]?.shape[0] ?? 0;
  const spare = start.map(({ shape, data }) => ({ shape, data: new Float32Array(data.length) }));
  const perNetwork = (): PerNetwork => {
    const data = new Float32Array(batch);
    return { data, tensor: new Tensor('float32', data, [batch]) };
  };
  const [t, dt, scale] = [perNetwork(), perNetwork(), perNetwork()];
  let from = sides(start, names);
  let to = sides(spare, names);
  // Noise moves the point and not these, which therefore alternate by themselves.
  let [before, after] = [zeros(carried), zeros(carried)];
  for (let k = 0; k < steps; k++) {
    await nextTurn();
    if (isCancelled()) {
      throw new WeightspringError('cancelled', `cancelled after ${k} of ${steps} steps`);
    }
    const [now, next] = [times[k] as number, times[k + 1] as number];
    const noise = noiseScale(now, next - now);
    if (perturb !== null && noise > 0) {
      scale.data.fill(noise);
      const feeds = named('noise', names, tensorsOf(drawNoise()));
      await run(perturb, { ...from.feeds, ...feeds, scale: scale.tensor }, to.fetches);
      [from, to] = [to, from];
    }
    t.data.fill(now);
    dt.data.fill(next - now);
    const session = k < steps - 1 ? step : lastStep;
    const span = { t: t.tensor, dt: dt.tensor };
    const feeds = { ...from.feeds, ...before.feeds, ...furtherFeeds(k), ...span };
    await run(session, feeds, { ...to.fetches, ...after.fetches });
    [from, to] = [to, from];
    [before, after] = [after, before];
  }
  return from.point;
}

async function run(
  session: InferenceSession,
  feeds: Record<string, Tensor>,
  fetches: Record<string, Tensor>,
): Promise<void> {
  try {
    await session.run(feeds, fetches);
  } catch (error) {
    throw ortError(error, {
      what: 'a solver step failed',
      code: 'internal',
      memoryHint: 'ask for narrower layers, or start the service with a smaller --memory-bytes',
    });
  }
}

interface PerNetwork {
  readonly data: Float32Array;
  readonly tensor: Tensor;
}

interface Side {
  readonly point: HostPoint;
  readonly feeds: Record<string, Tensor>;
  readonly fetches: Record<string, Tensor>;
}

/** A set of buffers as inputs and as outputs of a step model. */
function sides(point: HostPoint, names: readonly string[]): Side {
  const tensors = tensorsOf(point);
  return { point, feeds: named('x', names, tensors), fetches: named('next', names, tensors) };
}

function zeros({ names, shapes }: CarriedTensors = { names: [], shapes: [] }): Side {
  return sides(
    shapes.map((shape) => ({ shape, data: new Float32Array(sizeOf(shape)) })),
    names,
  );
}

function tensorsOf(point: HostPoint): readonly Tensor[] {
  return point.map(({ shape, data }) => new Tensor('float32', data, shape));
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
