import { zipSync } from 'fflate';
import type { NamedTensor } from '../files/safetensors.js';
import { ARCHIVE_DATE } from './archive.js';

/** NumPy's array files: magic, version 1.0. */
const NPY_MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
/** Data start at a multiple of this, as the format asks. */
const NPY_ALIGNMENT = 64;

/** Named float32 arrays as NumPy's `.npz`: a zip of `.npy` files; the same input, the same bytes. */
export function encodeNpz(tensors: readonly NamedTensor[]): Uint8Array {
  return zipSync(
    Object.fromEntries(tensors.map((tensor) => [`${tensor.name}.npy`, encodeNpy(tensor)])),
    { level: 0, mtime: ARCHIVE_DATE },
  );
}

function encodeNpy({ shape, data }: NamedTensor): Uint8Array {
  const dims = shape.length === 1 ? `${String(shape[0])},` : shape.join(', ');
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims}), }`;
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
