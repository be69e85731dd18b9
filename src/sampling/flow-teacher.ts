import type { InferenceSession } from 'onnxruntime-node';
import type { Provider } from '../devices/device.js';
import { createSession } from '../devices/session.js';
import { isCanonical } from '../flow/geometry.js';
import type { HostPoint } from '../flow/weight-space.js';
import { stepModel, type FlowParameters } from '../flows/flow-graphs.js';
import type { OpenedFlow } from '../flows/flow-store.js';
import type { Architecture } from '../network/architecture.js';
import { networkLayout } from '../network/point-layout.js';
import { encodeModel } from '../onnx/serialize.js';
import type { Teacher } from '../training/teacher.js';
import { createVelocityNetwork } from '../velocity/create-velocity-network.js';
import { servedFamily } from '../velocity/served-families.js';
import { integrate } from './integrate.js';

export interface FlowTeacherOptions {
  /** Where it computes. Default 'cpu'. */
  readonly provider?: Provider;
  /** Threads of one operation on the CPU. Default 0: one per physical core. */
  readonly threads?: number | undefined;
}

/** A stored flow that a flow map is distilled from: its step by Euler's method, on onnxruntime. */
export class FlowTeacher implements Teacher {
  readonly #sessions = new Map<string, InferenceSession>();

  private constructor(
    private readonly flow: OpenedFlow,
    private readonly stored: FlowParameters,
    private readonly options: FlowTeacherOptions,
  ) {}

  /** @throws WeightspringError as `readParameters` of the flow */
  static async open(flow: OpenedFlow, options: FlowTeacherOptions = {}): Promise<FlowTeacher> {
    return new FlowTeacher(flow, await flow.readParameters(), options);
  }

  get parameters(): ReadonlyMap<string, Float32Array> {
    return new Map([...this.stored].map(([name, { data }]) => [name, data]));
  }

  /** @throws WeightspringError `unsupported-architecture`, and as {@link createSession} */
  async trajectory(
    architecture: Architecture,
    noise: HostPoint,
    times: Float64Array,
  ): Promise<readonly HostPoint[]> {
    const step = await this.#session(architecture);
    const { tensors } = networkLayout(architecture, isCanonical(this.flow.config.geometry));
    const names = tensors.map(({ name }) => name);
    const points: HostPoint[] = [noise];
    for (let k = 0; k + 1 < times.length; k++) {
      // Starts are overwritten.
      const start = (points[k] as HostPoint).map(({ shape, data }) => ({
        shape,
        data: data.slice(),
      }));
      points.push(
        await integrate({ step, lastStep: step, perturb: null }, start, {
          names,
          times: times.subarray(k, k + 2),
          noiseScale: () => 0,
          drawNoise: () => noise,
        }),
      );
    }
    return points;
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await session.release();
    this.#sessions.clear();
  }

  async #session(architecture: Architecture): Promise<InferenceSession> {
    const { config } = this.flow;
    const { served } = createVelocityNetwork(config.velocity);
    const family = servedFamily(served, architecture);
    const known = this.#sessions.get(family.key);
    if (known !== undefined) return known;
    const { provider = 'cpu', threads = 0 } = this.options;
    const model = encodeModel(stepModel(config, 'euler', this.stored, family));
    const session = await createSession(model, { provider, threads });
    this.#sessions.set(family.key, session);
    return session;
  }
}
