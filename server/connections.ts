import type { Duplex } from 'node:stream';
import type { Exchange } from './exchange.js';

/** The unfinished exchanges of each connection: several if a client pipelines. */
export class Connections {
  readonly #unfinished = new WeakMap<Duplex, Set<Exchange>>();

  /**
   * Tracks an exchange until it ends, and makes its response emit `close` in any case: Node does not
   * tell a response that waits behind another one that the connection has ended.
   *
   * @returns the number of unfinished exchanges of the connection, including this one
   */
  begin(exchange: Exchange): number {
    const { req, res } = exchange;
    const exchanges = this.#of(req.socket);
    exchanges.add(exchange);
    res.once('close', () => exchanges.delete(exchange));
    return exchanges.size;
  }

  /** The exchange whose answer is due next. */
  current(socket: Duplex): Exchange | undefined {
    return this.#unfinished.get(socket)?.values().next().value;
  }

  #of(socket: Duplex): Set<Exchange> {
    const known = this.#unfinished.get(socket);
    if (known !== undefined) return known;
    const exchanges = new Set<Exchange>();
    this.#unfinished.set(socket, exchanges);
    socket.once('close', () => {
      // After Node has closed the responses that it tracks.
      process.nextTick(() => {
        for (const { res } of exchanges) {
          res.destroy();
          res.emit('close');
        }
      });
    });
    return exchanges;
  }
}
