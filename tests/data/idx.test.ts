import { describe, expect, it } from 'vitest';
import { parseIdx } from '../../src/data/idx.js';

const file = { path: 'mnist/images.gz', source: 'the archive' };

/** An IDX file of bytes 0, 1, 2, … */
function idx(shape: readonly number[], changes: { magic?: number; length?: number } = {}): Buffer {
  const length = changes.length ?? shape.reduce((product, size) => product * size, 1);
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(changes.magic ?? 0x800 + shape.length, 0);
  shape.forEach((size, axis) => header.writeUInt32BE(size, 4 + 4 * axis));
  return Buffer.concat([header, Buffer.from(Uint8Array.from({ length }, (_, i) => i))]);
}

describe('parseIdx', () => {
  it('reads bytes of the expected shape', () => {
    const { shape, data } = parseIdx(idx([2, 3, 1]), file, [2, 3, 1]);
    expect(shape).toEqual([2, 3, 1]);
    expect([...data]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each([
    ['a file shorter than its header', idx([2]).subarray(0, 5), [2], /header of 8 bytes, got 5/],
    ['another magic number', idx([2], { magic: 0x803 }), [2], /0x00000801, got 0x00000803/],
    ['other counts', idx([3]), [2], /expected the shape \[2\], got \[3\]/],
    ['missing values', idx([4], { length: 3 }), [4], /expected 4 bytes after the header, got 3/],
    ['values too many', idx([4], { length: 5 }), [4], /got 5/],
  ])('refuses %s', (_, contents, shape, message) => {
    const parse = (): unknown => parseIdx(contents, file, shape);
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: 'data-corrupt' }));
  });
});
