import type { Duplex } from 'node:stream';
import { deserialize, serialize } from 'node:v8';

/** Header of each message: four letters unlikely in stray output, and the length as uint32. */
const MAGIC = Buffer.from('wsm\u0001', 'latin1');
const HEADER_BYTES = MAGIC.byteLength + 4;

export interface MessagePipeOptions {
  readonly onMessage: (message: unknown) => void;
  /** Called once if the input is not a message; reading stops. */
  readonly onBroken: () => void;
}

/**
 * Messages over a pipe, as structured clones.
 *
 * Node's own channel throws in the event loop, uncatchably, when it receives anything but a message:
 * a library that writes to the wrong descriptor in one process would end the other.
 */
export class MessagePipe {
  readonly #stream: Duplex;
  readonly #options: MessagePipeOptions;
  #chunks: Buffer[] = [];
  #length = 0;
  /** Length of the incoming message; none before its header has arrived. */
  #size: number | undefined;

  constructor(stream: Duplex, options: MessagePipeOptions) {
    this.#stream = stream;
    this.#options = options;
    stream.on('data', (chunk: Buffer) => {
      this.#take(chunk);
    });
    // The other process has ended, which is noticed elsewhere.
    stream.on('error', () => undefined);
  }

  /** A message to a process that has ended is lost. */
  send(message: unknown): void {
    if (!this.#stream.writable) return;
    const body = serialize(message);
    const header = Buffer.alloc(HEADER_BYTES);
    MAGIC.copy(header);
    header.writeUInt32LE(body.byteLength, MAGIC.byteLength);
    this.#stream.cork();
    this.#stream.write(header);
    this.#stream.write(body);
    this.#stream.uncork();
  }

  /** Ends the pipe once everything has been sent. */
  close(): void {
    this.#stream.end();
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.byteLength;
    for (;;) {
      let next: { readonly message: unknown } | undefined;
      try {
        next = this.#next();
      } catch {
        this.#stream.removeAllListeners('data').resume();
        this.#chunks = [];
        this.#options.onBroken();
        return;
      }
      if (next === undefined) return;
      this.#options.onMessage(next.message);
    }
  }

  /** The next message if it is complete; throws for anything else. */
  #next(): { readonly message: unknown } | undefined {
    if (this.#size === undefined) {
      if (this.#length < HEADER_BYTES) return undefined;
      this.#size = sizeIn(this.#consume(HEADER_BYTES));
    }
    if (this.#length < this.#size) return undefined;
    const message: unknown = deserialize(this.#consume(this.#size));
    this.#size = undefined;
    return { message };
  }

  #consume(bytes: number): Buffer {
    const all =
      this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#chunks = all.byteLength > bytes ? [all.subarray(bytes)] : [];
    this.#length -= bytes;
    return all.subarray(0, bytes);
  }
}

function sizeIn(header: Buffer): number {
  if (!header.subarray(0, MAGIC.byteLength).equals(MAGIC)) throw new RangeError('no header');
  return header.readUInt32LE(MAGIC.byteLength);
}
