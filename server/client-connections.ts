import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { clientOf } from './client-address.js';

/**
 * Bounds the connections of each client, so that one client cannot lock out the others. Beyond the
 * bound, the client's oldest connection that has sent nothing is closed or, if there is none, the new
 * one.
 *
 * @param onDrop - called for each closed connection
 */
export function boundClientConnections(server: Server, limit: number, onDrop: () => void): void {
  const open = new Map<string, Set<Socket>>();
  server.on('connection', (socket: Socket) => {
    const client = clientOf(socket.remoteAddress ?? '');
    const sockets = open.get(client) ?? new Set();
    if (sockets.size >= limit) {
      const silent = [...sockets].find((other) => other.bytesRead === 0);
      (silent ?? socket).destroy();
      onDrop();
      if (silent === undefined) return;
      sockets.delete(silent);
    }
    open.set(client, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0 && open.get(client) === sockets) open.delete(client);
    });
  });
}
