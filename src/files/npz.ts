import { strToU8, zipSync } from 'fflate';
import type { NamedTensor } from './safetensors.js';
import { ZIP_DATE } from './zip-date.js';

/** NumPy's array files: magic, version 1.0. */
const NPY_MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
/** The format asks that data start at a multiple of this. */
const NPY_ALIGNMENT = 64;

/** Name of the array of metadata. */
const METADATA = 'metadata';

/**
 * Named float32 arrays as NumPy's `.npz`: a zip of `.npy` files; the same input, the same bytes.
 *
 * The format has no place for metadata: they are one more array, the bytes of a JSON object.
 */
export function encodeNpz(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const json = strToU8(JSON.stringify(metadata));
  const arrays = [...tensors, { name: METADATA, shape: [json.length], data: json }];
  return zipSync(
    Object.fromEntries(arrays.map((array) => [`${array.name}.npy`, encodeNpy(array)])),
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
