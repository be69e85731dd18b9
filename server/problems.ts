import type { IncomingMessage, ServerResponse } from 'node:http';
import { WeightspringError, type ErrorCode } from '../src/index.js';
import { requestId } from './request-id.js';

/** Failures of HTTP itself, which occur in the service only. */
export type RequestErrorCode =
  | 'malformed-request'
  | 'unauthenticated'
  | 'insufficient-scope'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'expectation-failed'
  | 'request-timeout'
  | 'too-many-requests'
  | 'quota-exceeded'
  | 'idempotency-key-reused'
  | 'unsupported-media-type'
  | 'headers-too-large';

export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    readonly code: RequestErrorCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export const PROBLEM_TYPE = 'application/problem+json';

export type ProblemCode = ErrorCode | RequestErrorCode;

/** The table of error codes and HTTP statuses. */
export const PROBLEMS: Readonly<Record<ProblemCode, { status: number; title: string }>> = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'No valid key' },
  'insufficient-scope': { status: 403, title: 'The key does not allow this' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'not-acceptable': { status: 406, title: 'No acceptable media type' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'too-large': { status: 413, title: 'The request asks for too much' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'expectation-failed': { status: 417, title: 'The expectation cannot be met' },
  'invalid-argument': { status: 422, title: 'Invalid request' },
  'unsupported-architecture': { status: 422, title: 'The flow does not serve this architecture' },
  'idempotency-key-reused': { status: 422, title: 'Another request had this Idempotency-Key' },
  diverged: { status: 422, title: 'These settings lead to no network' },
  'too-many-requests': { status: 429, title: 'Too many requests of this client' },
  'quota-exceeded': { status: 429, title: 'The quota of the key is used up' },
  'headers-too-large': { status: 431, title: 'The headers are too long' },
  'data-missing': { status: 500, title: 'Internal error' },
  'data-corrupt': { status: 500, title: 'Internal error' },
  'model-invalid': { status: 500, title: 'The flow cannot be used' },
  'shape-mismatch': { status: 500, title: 'Internal error' },
  'no-gradient': { status: 500, title: 'Internal error' },
  'storage-failed': { status: 500, title: 'Internal error' },
  internal: { status: 500, title: 'Internal error' },
  cancelled: { status: 503, title: 'Cancelled' },
  overloaded: { status: 503, title: 'Too many requests wait' },
  'flow-changed': { status: 503, title: 'The flow was replaced on disk' },
  'reload-failed': { status: 503, title: 'The flows cannot be read' },
  'provider-unavailable': { status: 503, title: 'The inference provider is not available' },
  'out-of-memory': { status: 503, title: 'Out of memory' },
  'worker-lost': { status: 503, title: 'The process that generates networks ended' },
  'job-timeout': { status: 504, title: 'The networks took too long' },
};

/** A failure as shown in a response. */
export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly field?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What a client may see of an error. The message of an internal error may mention files and code, and
 * goes only to the log.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof RequestError) {
    return { code: error.code, detail: error.message, headers: error.headers };
  }
  if (error instanceof WeightspringError) {
    const { code, message, field, retryAfterSeconds } = error;
    const headers: Record<string, string> =
      retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) };
    const detail = PROBLEMS[code].status === 500 ? INTERNAL_DETAIL : message;
    return { code, detail, headers, ...(field === undefined ? {} : { field }) };
  }
  if (error instanceof URIError) {
    return { code: 'malformed-request', detail: 'the path is badly encoded', headers: {} };
  }
  return { code: 'internal', detail: INTERNAL_DETAIL, headers: {} };
}

const INTERNAL_DETAIL = 'The service failed to answer; its log has the reason under the request id';

/** The problem document (RFC 9457) of an answer; `members` are optional ones. */
export function problemDocument(
  code: ProblemCode,
  detail: string,
  members: { instance?: string; field?: string; requestId?: string },
): string {
  return JSON.stringify({ type: problemType(code), ...PROBLEMS[code], detail, code, ...members });
}

/** The type of a problem in its document. */
export function problemType(code: string): string {
  return `urn:weightspring:problem:${code}`;
}

/** Most characters of the target in an answer. */
const INSTANCE_LENGTH = 500;

/** Answers with a problem document. */
export function sendProblem(
  req: IncomingMessage & { readonly originalUrl?: string },
  res: ServerResponse,
  problem: Problem,
): void {
  const { code, detail, field, headers } = problem;
  const instance = (req.originalUrl ?? req.url ?? '').slice(0, INSTANCE_LENGTH);
  const members = { instance, requestId: requestId(res) };
  const document = problemDocument(
    code,
    detail,
    field === undefined ? members : { ...members, field },
  );
  const body = Buffer.from(document);
  res.writeHead(PROBLEMS[code].status, {
    ...headers,
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': body.byteLength,
  });
  res.end(body);
}
