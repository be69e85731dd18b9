import { Duplex, PassThrough } from 'node:stream';
import { serialize } from 'node:v8';
import { describe, expect, it, vi } from 'vitest';
import { MessagePipe } from '../../src/pool/message-pipe.js';

/** A pipe whose ends the test holds: `sent` is what it wrote, `feed` what comes. */
function pipe() {
  const sent: Buffer[] = [];
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(chunk);
      done();
    },
  });
  const messages: unknown[] = [];
  const onBroken = vi.fn();
  const own = new MessagePipe(stream, { onMessage: (message) => messages.push(message), onBroken });
  const feed = async (bytes: Uint8Array, size = bytes.byteLength): Promise<void> => {
    for (let start = 0; start < bytes.byteLength; start += size) {
      stream.push(bytes.subarray(start, start + size));
      await new Promise(setImmediate);
    }
  };
  return { own, sent, messages, onBroken, feed };
}

/** What a message is on the pipe. */
function wire(...values: readonly unknown[]): Buffer {
  const { own, sent } = pipe();
  for (const value of values) own.send(value);
  return Buffer.concat(sent);
}

const VALUES = [{ type: 'a', bytes: Uint8Array.of(1, 2, 3) }, { type: 'b' }, { type: 'c', n: NaN }];

describe('MessagePipe', () => {
  it.each([1, 7, 1_000_000])('gives back messages that come %i bytes at a time', async (size) => {
    const { messages, onBroken, feed } = pipe();
    await feed(wire(...VALUES), size);
    expect(messages).toEqual(VALUES);
    expect(onBroken).not.toHaveBeenCalled();
  });

  it.each([
    ['text', Buffer.from('a library says something on the wrong descriptor\n')],
    ['a length without end', Buffer.alloc(64, 0xff)],
    [
      'a body that is no clone',
      Buffer.concat([wire({}).subarray(0, 4), Buffer.from([4, 0, 0, 0, 9, 9, 9, 9])]),
    ],
    [
      'a body that is cut',
      Buffer.concat([
        wire({}).subarray(0, 4),
        Buffer.from([3, 0, 0, 0]),
        serialize({ a: 1 }).subarray(0, 3),
      ]),
    ],
  ])('tells once of %s, and reads no more', async (_what, bytes) => {
    const { messages, onBroken, feed } = pipe();
    await feed(wire(VALUES[0]));
    await feed(bytes);
    await feed(wire(VALUES[1]));
    expect(messages).toEqual([VALUES[0]]);
    expect(onBroken).toHaveBeenCalledTimes(1);
  });

  it('lets a listener throw what is its own', () => {
    const stream = new PassThrough();
    const onBroken = vi.fn();
    new MessagePipe(stream, {
      onMessage: () => {
        throw new Error('mine');
      },
      onBroken,
    });
    expect(() => stream.emit('data', wire({}))).toThrow('mine');
    expect(onBroken).not.toHaveBeenCalled();
  });

  it('loses what is sent after its end', () => {
    const { own, sent } = pipe();
    own.close();
    own.send({});
    expect(sent).toEqual([]);
  });
});
