import { corrupt, type DataFile } from './data-files.js';

/** A tensor of unsigned bytes. */
export interface ByteTensor {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;

/**
 * Parses an IDX file of unsigned bytes: a magic number `0x000008rr` with the rank rr, the sizes as
 * big-endian 32-bit integers, then the values.
 *
 * @param expected - the shape that the file must have
 * @throws WeightspringError `data-corrupt` for a wrong magic number, shape or length
 * @see Y. LeCun, "The MNIST database": the IDX file format
 */
export function parseIdx(
  contents: Uint8Array,
  file: DataFile,
  expected: readonly number[],
): ByteTensor {
  const headerLength = 4 + 4 * expected.length;
  if (contents.length < headerLength) {
    throw corrupt(file, `expected an IDX header of ${headerLength} bytes, got ${contents.length}`);
  }
  const view = new DataView(contents.buffer, contents.byteOffset, contents.byteLength);
  const magic = view.getUint32(0);
  const wanted = (UNSIGNED_BYTE << 8) | expected.length;
  if (magic !== wanted) {
    throw corrupt(file, `expected the magic number ${hex(wanted)}, got ${hex(magic)}`);
  }
  const shape = expected.map((_, axis) => view.getUint32(4 + 4 * axis));
  if (shape.some((size, axis) => size !== expected[axis])) {
    throw corrupt(file, `expected the shape [${expected.join(', ')}], got [${shape.join(', ')}]`);
  }
  const length = shape.reduce((product, size) => product * size, 1);
  const data = contents.subarray(headerLength);
  if (data.length !== length) {
    throw corrupt(file, `expected ${length} bytes after the header, got ${data.length}`);
  }
  return { shape, data };
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
