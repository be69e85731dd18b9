import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { WeightspringError } from '../errors.js';
import { parseJson } from './parse-json.js';
import type { NamedTensor, TensorFile } from './safetensors.js';
import { ZIP_DATE } from './zip-date.js';

/** NumPy's array files: magic, version 1.0. */
const NPY_MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
/** The format requires data to start at a multiple of this. */
const NPY_ALIGNMENT = 64;

/** Name of the array of metadata. */
const METADATA = 'metadata';

/** Follows the name of each array in the zip file. */
const SUFFIX = '.npy';
/** More arrays than the largest network has tensors. */
const MAX_ARRAYS = 4096;
/** As NumPy writes it, for the two types that {@link encodeNpz} writes. */
const HEADER =
  /^\{'descr': '(<f4|\|u1)', 'fortran_order': False, 'shape': \((\d{0,15}|\d{1,15},|\d{1,15}(?:, \d{1,15}){1,31})\), \} *\n$/;

/**
 * Named float32 arrays as NumPy's `.npz`, a zip of `.npy` files; same input, same bytes.
 *
 * The format has no metadata: they are one more array, the bytes of a JSON object.
 */
export function encodeNpz(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const json = strToU8(JSON.stringify(metadata));
  const arrays = [...tensors, { name: METADATA, shape: [json.length], data: json }];
  return zipSync(
    Object.fromEntries(arrays.map((array) => [`${array.name}${SUFFIX}`, encodeNpy(array)])),
    { level: 0, mtime: ZIP_DATE },
  );
}

interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
}

function encodeNpy({ shape, data }: NpyArray): Uint8Array {
  const dims = shape.length === 1 ? `${String(shape[0])},` : shape.join(', ');
  const type = data instanceof Float32Array ? '<f4' : '|u1';
  const description = `{'descr': '${type}', 'fortran_order': False, 'shape': (${dims}), }`;
  const before = NPY_MAGIC.length + 2;
  const length = Math.ceil((before + description.length + 1) / NPY_ALIGNMENT) * NPY_ALIGNMENT;
  const header = `${description.padEnd(length - before - 1)}\n`;
  const file = new Uint8Array(length + data.byteLength);
  file.set(NPY_MAGIC);
  new DataView(file.buffer).setUint16(NPY_MAGIC.length, header.length, true);
  file.set(new TextEncoder().encode(header), before);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length);
  return file;
}

/**
 * Reads an `.npz` file that need not be trusted: float32 arrays in C order, stored without
 * compression, as {@link encodeNpz} and `numpy.savez` write them, and metadata if there are any.
 * Takes no more memory than the file has bytes.
 *
 * @throws WeightspringError `data-corrupt`
 */
export function decodeNpz(bytes: Uint8Array): TensorFile {
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  let metadata: Record<string, string> = {};
  for (const [file, content] of Object.entries(unpack(bytes))) {
    const name = file.slice(0, -SUFFIX.length);
    const { shape, data } = decodeNpy(name, content);
    if (name === METADATA) metadata = readMetadata(data);
    else if (data instanceof Float32Array) tensors.set(name, { shape, data });
    else throw corrupt(`'${name}' has type |u1, expected <f4`);
  }
  return { tensors, metadata };
}

/** The arrays of a zip file, once its directory is known to claim no more than the file holds. */
function unpack(bytes: Uint8Array): Readonly<Record<string, Uint8Array>> {
  const names = new Set<string>();
  let total = 0;
  try {
    return unzipSync(bytes, {
      filter: ({ name, size, originalSize, compression }) => {
        if (!name.endsWith(SUFFIX)) throw corrupt(`it holds '${name}', which is no array`);
        if (compression !== 0) throw corrupt(`'${name}' is compressed`);
        if (names.has(name)) throw corrupt(`it holds '${name}' twice`);
        names.add(name);
        total += Math.max(size, originalSize);
        if (total > bytes.length || names.size > MAX_ARRAYS) {
          throw corrupt('its directory claims more than it holds');
        }
        return true;
      },
    });
  } catch (error) {
    if (error instanceof WeightspringError) throw error;
    throw corrupt('it is no zip file, or a damaged one');
  }
}

function decodeNpy(name: string, file: Uint8Array): NpyArray {
  const start = NPY_MAGIC.length + 2;
  const isNpy = file.length >= start && NPY_MAGIC.every((byte, i) => file[i] === byte);
  if (!isNpy) throw corrupt(`'${name}' is no .npy file of version 1.0`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const end = start + view.getUint16(NPY_MAGIC.length, true);
  const header = HEADER.exec(strFromU8(file.subarray(start, end), true));
  if (header === null) {
    throw corrupt(`the header of '${name}' is not that of a float32 array in C order`);
  }
  const [, type, dims = ''] = header;
  const shape = dims.split(',').filter(Boolean).map(Number);
  const size = shape.reduce((product, dim) => product * dim, 1);
  if ((type === '<f4' ? 4 : 1) * size !== file.length - end) {
    throw corrupt(`'${name}' [${shape.join(', ')}] does not fit its ${file.length - end} bytes`);
  }
  // A copy, aligned to four bytes.
  const data = new Uint8Array(file.subarray(end));
  return { shape, data: type === '<f4' ? new Float32Array(data.buffer) : data };
}

function readMetadata(data: NpyArray['data']): Record<string, string> {
  try {
    const metadata = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(data));
    const isRecord = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
    if (isRecord && Object.values(metadata).every((value) => typeof value === 'string')) {
      return metadata as Record<string, string>;
    }
  } catch {
    // Reported below, like any other array that is not an object of strings.
  }
  throw corrupt(`'${METADATA}' is not the bytes of a JSON object of strings`);
}

function corrupt(problem: string): WeightspringError {
  return new WeightspringError(
    'data-corrupt',
    `expected an npz file of float32 arrays, but ${problem}; take an undamaged copy, or write it ` +
      'with numpy.savez from C-contiguous arrays',
  );
}
