import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  deviceShortfall,
  onStopSignal,
  operationsWithin,
  SamplerPool,
  VERSION,
  WeightspringError,
  type NetworkSource,
} from '../src/index.js';
import { createApp } from './app.js';
import { ArtefactStore } from './artefacts.js';
import type { Configuration } from './configuration.js';
import { createHttpServer } from './http-server.js';
import { requireKeysOn, warnIfOpen } from './identity/open-service.js';
import { watchKeys } from './identity/watch-keys.js';
import { openJobs } from './jobs/open-jobs.js';
import { logPoolEvent } from './log-pool-event.js';
import { openLogSink, type LogSink } from './log-sink.js';
import type { Log } from './log.js';
import { poolOptions } from './pool-options.js';
import { logRefused, reloadFlows } from './reload-flows.js';
import { createMetricsServer } from './metrics-server.js';
import { NO_FLOWS } from './routes/health.js';

/** A running service. */
export interface RunningServer {
  readonly url: string;
  /** Answers accepted requests, then closes; later calls return the same promise. */
  close(): Promise<void>;
  /**
   * The effect of the first SIGTERM: for `lameDuckMs` the service reports that it is not ready, so
   * that load balancers avoid it, and still takes requests; then it closes.
   */
  leave(): Promise<void>;
}

export interface ServerDependencies {
  /** Default: JSON lines on stderr. */
  readonly log?: Log;
  /** Default: a pool of sampler processes. */
  readonly openSource?: (configuration: Configuration, log: Log) => Promise<NetworkSource>;
}

/** Time for the last answers to reach their clients at shutdown. */
export const FLUSH_MS = 2_000;
const FLUSH_CHECK_MS = 20;

/**
 * Starts the service: it listens once a sampler process has loaded the flows. At SIGTERM or SIGINT
 * it shuts down; a second one ends it at once. SIGHUP reloads the flows.
 *
 * @throws WeightspringError `invalid-argument` if the address cannot be used, or the reason why
 *   the flows cannot be loaded
 */
export async function startServer(
  configuration: Configuration,
  { log: otherLog, openSource = openPool }: ServerDependencies = {},
): Promise<RunningServer> {
  const sink = otherLog === undefined ? openLogSink() : unwatched(otherLog);
  const { log } = sink;
  const { maxResponseBytes, keepBytes, keepMs, answerBytes, lameDuckMs, keysFile, metricsPort } =
    configuration;
  await requireKeysOn(configuration);
  const keys = keysFile === '' ? undefined : await watchKeys(keysFile, log);
  const source = await openSource(configuration, log).catch((error: unknown) => {
    keys?.close();
    throw error;
  });
  let isLeaving = false;
  const reload = reloadFlows(source, log);
  const maxOperations = configuration.maxOperations || operationsWithin(configuration.jobTimeoutMs);
  const limits = { maxOperations, maxBytes: maxResponseBytes };
  const jobs = await openJobs({ configuration, source, limits, log });
  const front = createApp({
    ...configuration,
    source,
    keys: keys?.ring,
    reload,
    artefacts: new ArtefactStore({ maxBytes: keepBytes, maxAgeMs: keepMs }),
    limits,
    jobs,
    maxAnswerBytes: answerBytes,
    isLeaving: () => isLeaving,
    log,
    lostLogLines: sink.lostLines,
  });
  const server = createHttpServer(front, configuration);
  const metricsServer = createMetricsServer(front.metrics);
  try {
    await listen(server, configuration);
    if (metricsPort > 0)
      await listen(metricsServer, { ...configuration, port: metricsPort }, '--metrics-port');
  } catch (error) {
    keys?.close();
    server.close();
    jobs?.leave();
    await source.close();
    await jobs?.close();
    throw error;
  }
  const url = urlOf(server);

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= shutDown();
    return closed;
  };
  const shutDown = async (): Promise<void> => {
    log('info', 'closing');
    jobs?.leave();
    await stop(server, source);
    metricsServer.close();
    metricsServer.closeAllConnections();
    await jobs?.close();
    ignoreSignals();
    process.off('SIGHUP', onHangUp);
    keys?.close();
    log('info', 'closed');
    await sink.close();
  };
  const leave = async (): Promise<void> => {
    if (lameDuckMs > 0 && closed === undefined) {
      isLeaving = true;
      log('info', 'leaving', { lameDuckMs });
      // Unreferenced: a service that has been closed meanwhile need not wait.
      await delay(lameDuckMs, undefined, { ref: false });
    }
    await close();
  };
  const ignoreSignals = onStopSignal(() => void leave());
  const onHangUp = (): void => {
    void keys?.reload();
    // Already logged.
    reload().catch(() => undefined);
  };
  process.on('SIGHUP', onHangUp);
  const flows = source.flows().map(({ name }) => name);
  const { provider, fallbackReason } = source.device();
  log('info', 'listening', {
    url,
    version: VERSION,
    flows: flows.join(' '),
    device: provider,
    deviceFallback: fallbackReason,
  });
  if (flows.length === 0) log('warn', 'no-flows', { reason: NO_FLOWS });
  logRefused(source.refused(), log);
  const shortfall = deviceShortfall(source.device());
  if (shortfall !== undefined) log('warn', 'device-unavailable', { reason: shortfall });
  if (keys === undefined) warnIfOpen(server, log);
  return { url, close, leave };
}

/** A log that its owner closes. */
function unwatched(log: Log): LogSink {
  return { log, lostLines: () => 0, close: () => Promise.resolve() };
}

function openPool(configuration: Configuration, log: Log): Promise<NetworkSource> {
  return SamplerPool.start({
    ...poolOptions(configuration),
    onEvent: (event) => {
      logPoolEvent(log, event);
    },
  });
}

async function listen(
  server: Server,
  { host, port }: Pick<Configuration, 'host' | 'port'>,
  flag = '--port',
): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const problem = listenProblem(error, host, port).replace('--port', flag);
    throw new WeightspringError('invalid-argument', problem, {
      field: flag,
      cause: error,
    });
  }
}

/** Why an address cannot be listened on, and what to do. */
const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process has it: end that one, or choose another with --port',
  EACCES: 'it takes more rights: choose a port from 1024 on with --port',
  EADDRNOTAVAIL: 'this machine has no such address: choose another with --host',
  ENOTFOUND: 'no address has this name: choose another with --host',
};

function listenProblem(error: unknown, host: string, port: number): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return `cannot listen on ${host} port ${port}: ${LISTEN_PROBLEMS[code] ?? message}`;
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Takes no new connections, answers the requests it has, then drops idle connections. */
async function stop(server: Server, source: NetworkSource): Promise<void> {
  const stopped = once(server, 'close').then(() => true);
  server.close();
  await source.close();
  for (let waitedMs = 0; waitedMs < FLUSH_MS; waitedMs += FLUSH_CHECK_MS) {
    server.closeIdleConnections();
    if (await Promise.race([stopped, delay(FLUSH_CHECK_MS, false)])) return;
  }
  server.closeAllConnections();
  await stopped;
}
