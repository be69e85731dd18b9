import { Counter, Gauge, Histogram, Registry, type Metric } from 'prom-client';
import { VERSION, type NetworkSource } from '../src/index.js';
import type { Exchange } from './exchange.js';
import type { KeyFault } from './identity/key-ring.js';

/** Upper bounds in seconds: a probe takes a millisecond, a large job minutes. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];
/** Label for unknown routes: each path from outside would be a time series. */
const NO_ROUTE = 'none';
/** Label for unreadable requests. */
const NO_METHOD = 'none';

/** Sources of figures that are read when they are collected. */
export interface MetricSources {
  readonly source: Pick<NetworkSource, 'health' | 'device' | 'flows' | 'refused'>;
  readonly artefacts: { readonly bytes: number };
  readonly answers: { readonly bytes: number };
  readonly lostLogLines: () => number;
}

/** Metrics of the service for Prometheus, in their own registry. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new Counter({
    name: 'weightspring_http_requests_total',
    help: 'Requests answered; status 499 where the client left before.',
    labelNames: ['method', 'route', 'status'],
    registers: [this.#registry],
  });
  readonly #durations = new Histogram({
    name: 'weightspring_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labelNames: ['method', 'route'],
    buckets: DURATION_BUCKETS,
    registers: [this.#registry],
  });
  readonly #networks = new Counter({
    name: 'weightspring_networks_generated_total',
    help: 'Networks generated.',
    labelNames: ['flow'],
    registers: [this.#registry],
  });
  readonly #refusedKeys = new Counter({
    name: 'weightspring_keys_refused_total',
    help: 'Requests with a key that was not let in, by what is wrong with it.',
    labelNames: ['fault'],
    registers: [this.#registry],
  });
  readonly #droppedConnections = new Counter({
    name: 'weightspring_http_connections_dropped_total',
    help: 'Connections closed at once since the most that may be open were.',
    registers: [this.#registry],
  });

  constructor({ source, artefacts, answers, lostLogLines }: MetricSources) {
    this.#gauge('weightspring_queue_length', 'Requests that wait for a worker.', [], (gauge) => {
      gauge.set(source.health().queued);
    });
    this.#gauge('weightspring_workers', 'Worker processes by state.', ['state'], (gauge) => {
      const { alive, busy } = source.health();
      gauge.set({ state: 'busy' }, busy);
      gauge.set({ state: 'idle' }, Math.max(alive - busy, 0));
    });
    const flows = 'Folders of flows, served or refused.';
    this.#gauge('weightspring_flows', flows, ['state'], (gauge) => {
      gauge.set({ state: 'served' }, source.flows().length);
      gauge.set({ state: 'refused' }, source.refused().length);
    });
    const device = 'Where networks are computed, and what was asked for; always 1.';
    this.#gauge('weightspring_device_info', device, ['provider', 'requested'], (gauge) => {
      const { provider, requested } = source.device();
      gauge.reset();
      gauge.set({ provider, requested }, 1);
    });
    this.#gauge('weightspring_kept_bytes', 'Memory of the generated files kept.', [], (gauge) => {
      gauge.set(artefacts.bytes);
    });
    const outstanding = 'Memory of answers that are computed or on their way.';
    this.#gauge('weightspring_answer_bytes', outstanding, [], (gauge) => {
      gauge.set(answers.bytes);
    });
    const lost = 'Lines that the log lost since their reader was too slow or gone.';
    this.#gauge('weightspring_log_lines_lost_total', lost, [], (gauge) => {
      gauge.set(lostLogLines());
    });
    this.#gauge('weightspring_build_info', 'The release; always 1.', ['version'], (gauge) => {
      gauge.set({ version: VERSION }, 1);
    });
  }

  /** Shows metrics of another part of the service too. */
  include(metrics: readonly Metric[]): void {
    for (const metric of metrics) this.#registry.registerMetric(metric);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  countNetworks(flow: string, count: number): void {
    this.#networks.inc({ flow }, count);
  }

  /** Counts a request whose exchange has ended. */
  countExchange(exchange: Exchange): void {
    const { method = '' } = exchange.req;
    // Express leaves the pattern that matched: /v1/networks/:id.
    const { route: matched } = exchange.req as { readonly route?: { readonly path: string } };
    const route = matched?.path ?? NO_ROUTE;
    const { status, durationMs } = exchange.outcome();
    this.#requests.inc({ method, route, status });
    this.#durations.observe({ method, route }, durationMs / 1000);
  }

  /** Counts what was refused before it could be read as a request. */
  countRefusal(status: number): void {
    this.#requests.inc({ method: NO_METHOD, route: NO_ROUTE, status });
  }

  countRefusedKey(fault: KeyFault): void {
    this.#refusedKeys.inc({ fault });
  }

  countDroppedConnection(): void {
    this.#droppedConnections.inc();
  }

  /** A gauge that is read on collection. */
  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: (gauge: Gauge<Label>) => void,
  ): void {
    const gauge = new Gauge<Label>({
      name,
      help,
      labelNames: [...labelNames],
      registers: [],
      collect() {
        read(this);
      },
    });
    this.#registry.registerMetric(gauge);
  }
}
