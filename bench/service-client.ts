import { WeightspringError } from '../src/errors.js';
import type { FlowSummary } from '../src/flows/flow-summary.js';

/** The flow and the usual network that the service is measured with. */
const FLOW = 'wdbc';
export const LAYERS: readonly number[] = [30, 16, 16, 2];
const STEPS = 16;

/** What the benchmarks ask of a service. */
export class Client {
  constructor(private readonly url: string) {}

  async flow(): Promise<FlowSummary> {
    const response = await fetch(`${this.url}/v1/flows/${FLOW}`);
    const body: unknown = await response.json();
    if (response.ok) return body as FlowSummary;
    throw new WeightspringError(
      'not-found',
      `the service is measured with the flow '${FLOW}', but the models folder has none: pass --models-dir`,
    );
  }

  /** The status that a request for one network gets. */
  async status(layers: readonly number[], seed: number): Promise<number> {
    const response = await fetch(`${this.url}/v1/networks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ flow: FLOW, architecture: { layers }, seed, steps: STEPS }),
    });
    await response.arrayBuffer();
    return response.status;
  }

  /** @throws WeightspringError `internal` unless the network comes */
  async generate(layers: readonly number[], seed: number): Promise<void> {
    const status = await this.status(layers, seed);
    if (status === 200) return;
    throw new WeightspringError('internal', `${layers.join('-')}: expected 200, got ${status}`);
  }

  async probe(): Promise<void> {
    await (await fetch(`${this.url}/v2/health/live`)).arrayBuffer();
  }
}
