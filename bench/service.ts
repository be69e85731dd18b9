import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../src/random.js';
import type { DepthBounds, FlowSummary } from '../src/flows/flow-summary.js';
import { measureBatching } from './batching.js';
import { residentMiB } from './resident-memory.js';
import { Client, LAYERS } from './service-client.js';
import { startService } from './service-process.js';
import { median, quantile, timeMs } from './statistics.js';

export interface ServiceFigures {
  /** From the start of the process until it answers requests. */
  readonly startMs: number;
  /** The first request that it answers. */
  readonly firstMs: number;
  /** One request for one 30-16-16-2 network in 16 steps, nothing else running. */
  readonly latencyMs: { readonly median: number; readonly p95: number };
  /** Service and children after all requests; null where it cannot be known. */
  readonly residentMiB: number | null;
  /** Requests of a burst of 32 that were answered 200. */
  readonly burst: { readonly ok: number };
  /** Answers of `GET /v2/health/live` while networks are generated. */
  readonly probeMs: { readonly median: number; readonly max: number };
  /** Networks per second of concurrent requests over one by one, with one worker. */
  readonly batchingSpeedUp: number;
}

const WARM_UPS = 20;
const LATENCY_REQUESTS = 100;
const BURST = 32;
const LOAD = { requests: 1000, clients: 8, architectures: 20 } as const;
const PROBE_EVERY_MS = 20;

/** Measures the service with the flow `wdbc`, as a client sees it. */
export async function measureService(modelsDir: string): Promise<ServiceFigures> {
  const batchingSpeedUp = await measureBatching(modelsDir);
  const start = performance.now();
  const service = await startService(modelsDir);
  const startMs = performance.now() - start;
  try {
    const client = new Client(service.url);
    const flow = await client.flow();
    const firstMs = await timeMs(() => client.generate(LAYERS, 0));
    for (let seed = 0; seed < WARM_UPS; seed++) await client.generate(LAYERS, seed);
    const latencies: number[] = [];
    for (let seed = 0; seed < LATENCY_REQUESTS; seed++) {
      latencies.push(await timeMs(() => client.generate(LAYERS, seed)));
    }
    const burst = await Promise.all(
      Array.from({ length: BURST }, (_, seed) => client.status(LAYERS, seed)),
    );
    const probes = await probeDuring(client, sendLoad(client, servedLayers(flow)));
    return {
      startMs,
      firstMs,
      latencyMs: { median: median(latencies), p95: quantile(latencies, 0.95) },
      residentMiB: await residentMiB(service.pid),
      burst: { ok: burst.filter((status) => status === 200).length },
      probeMs: { median: median(probes), max: Math.max(...probes) },
      batchingSpeedUp,
    };
  } finally {
    await service.close();
  }
}

/** Different architectures in the hull of the flow's zoo, every depth among them. */
function servedLayers(flow: FlowSummary): readonly (readonly number[])[] {
  const depths = flow.bounds.depths.filter(({ activation }) => activation === 'relu');
  const random = new Random(1, 'architectures');
  const found = new Map<string, readonly number[]>();
  while (found.size < LOAD.architectures) {
    const { hiddenLayers, zoo, width } = depths[found.size % depths.length] as DepthBounds;
    const { min, max } = zoo ?? width;
    const hidden = Array.from({ length: hiddenLayers }, () => min + random.integer(max - min + 1));
    const layers = [flow.inputs, ...hidden, flow.outputs];
    found.set(layers.join(), layers);
  }
  return [...found.values()];
}

async function sendLoad(client: Client, layers: readonly (readonly number[])[]): Promise<void> {
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < LOAD.requests) {
      const request = next++;
      await client.generate(layers[request % layers.length] ?? LAYERS, request);
    }
  };
  await Promise.all(Array.from({ length: LOAD.clients }, send));
}

/** Probes the service until `load` ends: how long each answer took, in ms. */
async function probeDuring(client: Client, load: Promise<void>): Promise<readonly number[]> {
  const ended = load.then(() => true);
  const probes: number[] = [];
  do probes.push(await timeMs(() => client.probe()));
  while (!(await Promise.race([ended, delay(PROBE_EVERY_MS, false)])));
  return probes;
}
