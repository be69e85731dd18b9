import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerClientError } from './client-error.js';
import { Connections } from './connections.js';
import { Exchange } from './exchange.js';
import { boundLateBody, dropBody, isChunked, UNREAD_BYTES } from './linger.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import {
  PROBLEMS,
  RequestError,
  sendProblem,
  toProblem,
  type RequestErrorCode,
} from './problems.js';
import { assignRequestId } from './request-id.js';
import { logExchange } from './request-log.js';
import { originForm } from './request-target.js';
import { setSecurityHeaders } from './security-headers.js';
import { Turns } from './turns.js';
import { boundWriting } from './write-answer.js';

export interface FrontOptions {
  /** Answers a request whose target is a path; calls `fail` if it cannot. */
  readonly app: (req: IncomingMessage, res: ServerResponse, fail: (error: unknown) => void) => void;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Most pipelined requests of one connection. */
  readonly pipelineLimit: number;
  /** How long a client may take to read an answer, or each MiB of a long one. */
  readonly writeTimeoutMs: number;
}

/**
 * The layer between sockets and application: bounds what a connection may do, and logs and counts each
 * request and each refusal of Node's parser once.
 */
export class Front {
  readonly metrics: Metrics;
  readonly #options: FrontOptions;
  readonly #connections = new Connections();
  readonly #turns = new Turns();

  constructor(options: FrontOptions) {
    this.metrics = options.metrics;
    this.#options = options;
  }

  readonly handle: RequestListener = (req, res) => {
    const { pipelineLimit, writeTimeoutMs } = this.#options;
    // The rest of what a connection sent before it was closed.
    if (req.socket.destroyed) return;
    const exchange = new Exchange(req, res);
    const unfinished = this.#connections.begin(exchange);
    assignRequestId(req, res);
    this.#observe(exchange);
    if (unfinished > pipelineLimit) {
      req.socket.destroy();
      return;
    }
    boundWriting(res, writeTimeoutMs);
    boundLateBody(req, res);
    // One after another: a queued answer would stop Node from reading the connection, which would hide
    // that the client has left.
    if (res.socket === null) this.#answerLater(req, res);
    else if (isProbe(req)) this.#answer(req, res);
    else this.#answerInTurn(req, res);
  };

  /** Answers what Node's parser refuses; a listener of `clientError`. */
  readonly refuse = (error: NodeJS.ErrnoException, socket: Duplex): void => {
    const exchange = this.#connections.current(socket);
    const code = answerClientError(error, socket, exchange?.res);
    if (code === undefined) return;
    const { status } = PROBLEMS[code];
    if (exchange === undefined) this.#observeRefusal(code, status);
    else exchange.refuse(status);
  };

  /** Notes a connection beyond the limit; a listener of `drop`. */
  readonly drop = (): void => {
    this.#options.metrics.countDroppedConnection();
  };

  /** Answers a pipelined request. */
  #answerLater(req: IncomingMessage, res: ServerResponse): void {
    const isHeavy = isChunked(req) || Number(req.headers['content-length'] ?? 0) > UNREAD_BYTES;
    if (isHeavy) dropBody(req);
    res.once('socket', () => {
      if (isHeavy) sendProblem(req, res, toProblem(sentAhead()));
      else this.#answerInTurn(req, res);
    });
  }

  #answerInTurn(req: IncomingMessage, res: ServerResponse): void {
    this.#turns.take(() => {
      if (!res.destroyed) this.#answer(req, res);
    });
  }

  #answer(req: IncomingMessage, res: ServerResponse): void {
    const fail = (error: unknown): void => {
      if (res.headersSent) res.destroy();
      else sendProblem(req, res, toProblem(error));
    };
    setSecurityHeaders(req, res);
    res.setHeader('Cache-Control', 'no-store');
    try {
      req.url = targetOf(req);
    } catch (error) {
      fail(error);
      return;
    }
    this.#options.app(req, res, fail);
  }

  #observe(exchange: Exchange): void {
    const { log, metrics } = this.#options;
    const [path = ''] = (exchange.req.url ?? '').split('?', 1);
    exchange.res.once('close', () => {
      logExchange(log, exchange, path);
      metrics.countExchange(exchange);
    });
  }

  #observeRefusal(code: RequestErrorCode, status: number): void {
    this.#options.log('info', 'request-refused', { code, status });
    this.#options.metrics.countRefusal(status);
  }
}

/** Whether an entry of `rawHeaders`, alternately names and values, is the name `Host`. */
function isHost(text: string, index: number): boolean {
  return index % 2 === 0 && text.toLowerCase() === 'host';
}

/** Whether a request is a health probe, which is cheap and urgent. */
function isProbe({ url = '' }: IncomingMessage): boolean {
  return url.startsWith('/v2/health/');
}

function sentAhead(): RequestError {
  return new RequestError(
    'malformed-request',
    `a request that is sent ahead of an answer may have a body of ${UNREAD_BYTES} bytes, of a ` +
      'stated length, at most: wait for the answer',
    { Connection: 'close' },
  );
}

/** @throws RequestError for a request that Node accepts but HTTP does not allow */
function targetOf({ url = '', headers, rawHeaders, httpVersion }: IncomingMessage): string {
  const target = originForm(url);
  if (target === undefined) {
    throw new RequestError(
      'malformed-request',
      `the target of the request is no path and no address: ${url.slice(0, 100)}`,
    );
  }
  if (headers.host === undefined && httpVersion === '1.1') {
    throw new RequestError('malformed-request', 'expected a Host header, as HTTP/1.1 asks for');
  }
  if (rawHeaders.filter(isHost).length > 1) {
    throw new RequestError('malformed-request', 'expected one Host header, got several');
  }
  const { expect } = headers;
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    throw new RequestError(
      'expectation-failed',
      `expected no Expect but 100-continue, got ${expect.slice(0, 100)}`,
    );
  }
  return target;
}
