import { STATUS_CODES, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { RAW_SECURITY_HEADERS } from './security-headers.js';
import { PROBLEM_TYPE, problemDocument, PROBLEMS, type RequestErrorCode } from './problems.js';

const CODES: Readonly<Record<string, RequestErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/**
 * Answers invalid, slow or oversized HTTP with a problem document: the application never sees such
 * requests.
 *
 * @param due - the response that the client is waiting for, if any
 * @returns undefined if the connection is closed without an answer: the client has closed it, is
 *   reading another answer, or has sent nothing
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  due: ServerResponse | undefined,
): RequestErrorCode | undefined {
  const isSilent = socket instanceof Socket && socket.bytesRead === 0;
  const isAnswered = due?.headersSent === true;
  if (!socket.writable || error.code === 'ECONNRESET' || isSilent || isAnswered) {
    socket.destroy();
    return undefined;
  }
  const code = CODES[error.code ?? ''] ?? 'malformed-request';
  const { status, title } = PROBLEMS[code];
  const body = problemDocument(code, title, {});
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n` +
      `${RAW_SECURITY_HEADERS}Content-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
  return code;
}
