import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What an attack is aimed at. */
export interface Target {
  readonly port: number;
  /** Body of a `POST /v1/networks` whose answer has many megabytes; seeds are added. */
  readonly largeJob: Readonly<Record<string, unknown>>;
}

/** How long connections are held that are to hold something. */
const HOLD_MS = 5_000;
const MIB = 2 ** 20;

/** Each of them but the first stopped or swelled the service once. */
export const ATTACKS = {
  /** What the machine itself makes of probes and memory. */
  none: () => delay(HOLD_MS),

  /** Header values that take a matcher the square of their length. */
  headers: ({ port }: Target) =>
    repeat(40, async (index) => {
      const spaces = ' '.repeat(15_700);
      const accept = index % 2 === 0 ? 'a/b;q=0.1,'.repeat(1_500) : '*/*';
      await ask(
        port,
        post('{}', `Content-Type: application/json${index % 4 === 0 ? '' : spaces};`),
      );
      await ask(port, post('{}', `Content-Type: application/json\r\nAccept: ${accept}`));
    }),

  /** Bodies with an error in each of many values. */
  widths: ({ port }: Target) =>
    repeat(40, async () => {
      const layers = Array.from({ length: 32_000 }, () => 0);
      await ask(port, post(JSON.stringify({ flow: 'wdbc', architecture: { layers } })));
    }),

  /** Many jobs on connections that close at once. */
  pipelining: ({ port, largeJob }: Target) =>
    repeat(20, async (connection) => {
      const jobs = Array.from({ length: 67 }, (_, index) =>
        post(JSON.stringify({ ...largeJob, seed: 67 * connection + index })),
      );
      const socket = open(port);
      await send(socket, Buffer.from(jobs.join('')));
      await delay(50);
      socket.destroy();
    }),

  /** Bodies in chunks of one byte: some of 16 MB on the wire, then many that stay open. */
  chunks: async ({ port }: Target) => {
    const piece = Buffer.from('1\r\n \r\n'.repeat(1_000));
    const begin = async (pieces: number): Promise<Socket> => {
      const socket = open(port);
      await send(socket, Buffer.from(post('', CHUNKED)));
      for (let sent = 0; sent < pieces && !socket.destroyed; sent++) await send(socket, piece);
      return socket;
    };
    for (let turn = 0; turn < 4; turn++) (await begin(2_667)).destroy();
    const held: Socket[] = [];
    while (held.length < 100) held.push(await begin(1));
    await delay(HOLD_MS);
    for (const socket of held) socket.destroy();
  },

  /** Large answers that nobody reads. */
  unread: ({ port, largeJob }: Target) =>
    repeat(128, async (seed) => {
      const socket = open(port).pause();
      await send(socket, Buffer.from(post(JSON.stringify({ ...largeJob, seed }))));
      await Promise.race([delay(4 * HOLD_MS), once(socket, 'close')]);
      socket.destroy();
    }),

  /** Bodies that go on after their refusal. */
  bodies: ({ port }: Target) =>
    repeat(8, async () => {
      const socket = open(port);
      await send(socket, Buffer.from(post('', `${JSON_TYPE}\r\nContent-Length: ${1_024 * MIB}`)));
      const piece = Buffer.alloc(MIB);
      for (let sent = 0; sent < 1_024 && !socket.destroyed; sent++) await send(socket, piece);
      socket.destroy();
    }),

  /** What is not HTTP, on connections of its own. */
  malformed: ({ port }: Target) =>
    repeat(40, async () => {
      for (let turn = 0; turn < 25; turn++) {
        await ask(port, 'GET http://%%% HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        await ask(port, 'nonsense\r\n\r\n');
      }
    }),
} as const satisfies Record<string, (target: Target) => Promise<void>>;

export type Attack = keyof typeof ATTACKS;

const JSON_TYPE = 'Content-Type: application/json';
const CHUNKED = `${JSON_TYPE}\r\nTransfer-Encoding: chunked`;

async function repeat(times: number, attack: (index: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: times }, (_, index) => attack(index)));
}

function post(body: string, headers = JSON_TYPE): string {
  const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return `POST /v1/networks HTTP/1.1\r\nHost: x\r\n${length}${headers}\r\n\r\n${body}`;
}

/** A connection whose end is no error. */
function open(port: number): Socket {
  return connect(port, '127.0.0.1').on('error', () => undefined);
}

/** Writes and waits until the system has taken it, or the connection is closed. */
function send(socket: Socket, bytes: Buffer): Promise<unknown> {
  return new Promise((resolve) => socket.write(bytes, resolve));
}

/** Sends a request and waits for the beginning of its answer. */
async function ask(port: number, text: string): Promise<void> {
  const socket = open(port);
  const answered = Promise.race([once(socket, 'data'), once(socket, 'close')]);
  socket.write(text);
  await answered.catch(() => undefined);
  socket.destroy();
}
