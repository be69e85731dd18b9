import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Server } from 'node:http';
import { createHttpServer, type HttpServerOptions } from '../../server/http-server.js';
import type { Front } from '../../server/front.js';

/** Bounds of the server that tests have no reason to reach. */
const GENEROUS: HttpServerOptions = {
  keepAliveMs: 60_000,
  requestTimeoutMs: 60_000,
  maxConnections: 1_000,
  clientConnections: 1_000,
};

export interface RawServer {
  readonly server: Server;
  readonly port: number;
  /** Opens a connection; its errors are the test's own doing. */
  readonly open: () => Socket;
  /** Sends a text and returns all that comes until the service closes the connection. */
  readonly ask: (text: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** The service on a socket, as the real one has it. */
export async function listen(
  front: Front,
  options: Partial<HttpServerOptions> = {},
): Promise<RawServer> {
  const server = createHttpServer(front, { ...GENEROUS, ...options });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const open = (): Socket => connect(port, '127.0.0.1').on('error', () => undefined);
  return {
    server,
    port,
    open,
    ask: async (text) => {
      const socket = open();
      const answer = received(socket);
      socket.write(text);
      return answer;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** All that a connection receives until it closes. */
export function received(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
  return new Promise((resolve) => {
    socket.once('close', () => {
      resolve(text);
    });
  });
}

/** A request for a network, as it is written on a connection. */
export function post(request: unknown, headers = ''): string {
  const body = JSON.stringify(request);
  return (
    'POST /v1/networks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
    `Content-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`
  );
}
