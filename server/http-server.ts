import { createServer, type Server } from 'node:http';
import { boundClientConnections } from './client-connections.js';
import type { Configuration } from './configuration.js';
import type { Front } from './front.js';
import { UNREAD_BYTES } from './linger.js';

export type HttpServerOptions = Pick<
  Configuration,
  'keepAliveMs' | 'requestTimeoutMs' | 'maxConnections' | 'clientConnections'
>;

/** How many times per request timeout Node checks for slow requests. */
const CHECKS_PER_TIMEOUT = 10;

/** A server in front of the application, with bounds on what clients may hold open. */
export function createHttpServer(
  front: Front,
  { keepAliveMs, requestTimeoutMs, maxConnections, clientConnections }: HttpServerOptions,
): Server {
  const server = createServer({
    keepAliveTimeout: keepAliveMs,
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.ceil(requestTimeoutMs / CHECKS_PER_TIMEOUT),
    highWaterMark: UNREAD_BYTES,
    // The front refuses requests without Host with a reason; Node would send an empty answer.
    requireHostHeader: false,
  });
  server.maxConnections = maxConnections;
  boundClientConnections(server, clientConnections, front.drop);
  server.on('request', front.handle);
  server.on('checkExpectation', front.handle);
  server.on('clientError', front.refuse);
  // Node closes these silently.
  server.on('connect', (_req, socket) => {
    // Node no longer listens for its errors: a client that resets it would crash the process.
    socket.on('error', () => {
      socket.destroy();
    });
    front.refuse(new Error('this is no proxy'), socket);
  });
  server.on('drop', () => {
    front.drop();
    // Make room for the next: closing idle connections hurts nobody.
    server.closeIdleConnections();
  });
  return server;
}
