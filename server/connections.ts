import type { Duplex } from 'node:stream';
import type { Exchange } from './exchange.js';

/** The exchanges that each connection has not finished: several where a client pipelines. */
export class Connections {
  readonly #unfinished = new WeakMap<Duplex, Set<Exchange>>();

  /**
   * Follows an exchange to its end. Its response emits `close` in any case: Node tells a response
   * that waits behind another one nothing of the end of their connection.
   *
   * @returns the exchanges of the connection that are not finished, with this one
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
      // After Node has closed the responses that it knows of.
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
