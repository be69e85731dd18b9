import { ensure, WeightspringError } from '../errors.js';
import { decodeFloat16, encodeFloat16 } from './float16.js';

/** A named float32 tensor, row-major. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A tensor and how a file is to hold its numbers. */
export interface StoredTensor extends NamedTensor {
  /** Default `F32`. */
  readonly dtype?: keyof typeof BYTES | undefined;
}

/** Bytes of a number, by type. */
const BYTES = { F16: 2, F32: 4 } as const;

/** What a file of named tensors holds. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Omit<NamedTensor, 'name'>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bound on the JSON header in front of the data. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;
const LENGTH_BYTES = 8;

/**
 * Writes tensors in the safetensors format: uint64 header length, JSON header, raw little-endian
 * data. The header is padded so that data start at a multiple of eight bytes.
 *
 * @throws WeightspringError `invalid-argument` for two tensors of one name, and for numbers that
 *   float16 cannot hold
 */
export function encodeSafetensors(
  tensors: readonly StoredTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  const blocks = tensors.map(({ data, dtype }) => rawBytes(data, dtype));
  for (const [index, { name, shape, dtype = 'F32' }] of tensors.entries()) {
    ensure(
      !Object.hasOwn(header, name),
      'invalid-argument',
      () => `expected distinct tensor names, got '${name}' twice`,
    );
    const end = offset + (blocks[index] as Uint8Array).length;
    header[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(LENGTH_BYTES + headerBytes + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  file.set(json, LENGTH_BYTES);
  let position = LENGTH_BYTES + headerBytes;
  for (const block of blocks) {
    file.set(block, position);
    position += block.length;
  }
  return file;
}

function rawBytes(data: Float32Array, dtype: StoredTensor['dtype']): Uint8Array {
  const { buffer, byteOffset, byteLength } = dtype === 'F16' ? encodeFloat16(data) : data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * Reads a safetensors file of float32 and float16 tensors that need not be trusted: every range must
 * fit its shape, and together they must cover the data exactly, as in the reference reader. Bytes
 * outside all tensors could be anything, even another file.
 *
 * @throws WeightspringError `data-corrupt`
 */
export function decodeSafetensors(bytes: Uint8Array): TensorFile {
  const { header, start } = readHeader(bytes);
  const body = bytes.subarray(start);
  const tensors = new Map<string, Omit<NamedTensor, 'name'>>();
  const ranges: (readonly [number, number])[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      metadata = readMetadata(entry);
      continue;
    }
    const { dtype, shape, begin, end } = readEntry(name, entry, body.length);
    ranges.push([begin, end]);
    // Copy, since data in a file need not be aligned to four bytes. A Buffer's slice would share memory.
    const copy = new Uint8Array(end - begin);
    copy.set(body.subarray(begin, end));
    const data =
      dtype === 'F16' ? decodeFloat16(new Uint16Array(copy.buffer)) : new Float32Array(copy.buffer);
    tensors.set(name, { shape, data });
  }
  checkCover(ranges, body.length);
  return { tensors, metadata };
}

/** Checks that the ranges follow each other without overlap or gap, from the first byte to the last. */
function checkCover(ranges: readonly (readonly [number, number])[], bytes: number): void {
  // An empty range may start where another one does.
  const ordered = [...ranges].sort(([a, aEnd], [b, bEnd]) => a - b || aEnd - bEnd);
  let covered = 0;
  for (const [begin, end] of ordered) {
    if (begin < covered) throw corrupt('two tensors share bytes');
    if (begin > covered) throw corrupt(`no tensor covers its bytes ${covered}…${begin}`);
    covered = end;
  }
  if (covered < bytes) throw corrupt(`no tensor covers its last ${bytes - covered} bytes`);
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (bytes.length < LENGTH_BYTES) throw corrupt(`it has only ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || LENGTH_BYTES + length > bytes.length) {
    throw corrupt(`its header claims ${length} bytes of ${bytes.length}`);
  }
  const start = LENGTH_BYTES + length;
  try {
    const header: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, start)),
    );
    if (isRecord(header)) return { header, start };
  } catch {
    // Reported below, like any other header that is not an object.
  }
  throw corrupt('its header is not a JSON object');
}

function readMetadata(entry: unknown): Record<string, string> {
  if (!isRecord(entry)) throw corrupt('its metadata are not an object');
  for (const value of Object.values(entry)) {
    if (typeof value !== 'string') throw corrupt('its metadata are not all strings');
  }
  return entry as Record<string, string>;
}

function readEntry(
  name: string,
  entry: unknown,
  bodyBytes: number,
): { dtype: keyof typeof BYTES; shape: readonly number[]; begin: number; end: number } {
  if (!isRecord(entry)) throw corrupt(`the entry of '${name}' is not an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32' && dtype !== 'F16') {
    throw corrupt(`'${name}' has type ${String(dtype)}, expected F32 or F16`);
  }
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw corrupt(`the shape or range of '${name}' is not made of sizes`);
  }
  const [begin = 0, end = 0] = offsets;
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (begin > end || end > bodyBytes || end - begin !== BYTES[dtype] * size) {
    throw corrupt(`'${name}' [${shape.join(', ')}] does not fit its range ${begin}…${end}`);
  }
  return { dtype, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && Number(size) >= 0)
  );
}

function corrupt(problem: string): WeightspringError {
  return new WeightspringError(
    'data-corrupt',
    `expected a safetensors file of float32 or float16 tensors, but ${problem}; take an undamaged copy`,
  );
}
