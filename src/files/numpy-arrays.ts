import { unzipSync } from 'fflate';
import { WeightspringError } from '../errors.js';
import { decodeFloat16 } from './float16.js';

/** An array of a `.npy` or `.npz` file, its numbers in C order. */
export interface NumpyArray {
  readonly shape: readonly number[];
  /** Numbers, booleans as 0 and 1; texts for arrays of strings. */
  readonly data: Float32Array | Float64Array | Uint8Array | readonly string[];
}

const SUFFIX = '.npy';
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Deflate packs no better than this. */
const BEST_RATIO = 1032;
const MOST_BYTES = 2 ** 32 - 1;
const MOST_ARRAYS = 65_536;
const MOST_AXES = 32;
const HEADER =
  /^\{\s*'descr':\s*'([<>|=]?)([a-zA-Z])(\d{1,6})',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d, L]*)\),?\s*\}\s*$/;

/**
 * Reads the arrays of an `.npz` file that need not be trusted, of whatever numbers, booleans and
 * texts, in C or Fortran order, packed or not.
 *
 * @param wanted - says which of the names are read. Default all
 * @throws WeightspringError `data-corrupt`, naming the array
 */
export function readNumpyArrays(
  bytes: Uint8Array,
  wanted: (name: string) => boolean = () => true,
): ReadonlyMap<string, NumpyArray> {
  const arrays = new Map<string, NumpyArray>();
  for (const [file, content] of Object.entries(unpack(bytes, wanted))) {
    const name = file.slice(0, -SUFFIX.length);
    arrays.set(name, readNumpyArray(name, content));
  }
  return arrays;
}

function unpack(
  bytes: Uint8Array,
  wanted: (name: string) => boolean,
): Readonly<Record<string, Uint8Array>> {
  let total = 0;
  let count = 0;
  try {
    return unzipSync(bytes, {
      filter: ({ name, size, originalSize }) => {
        if (!name.endsWith(SUFFIX) || !wanted(name.slice(0, -SUFFIX.length))) return false;
        total += Math.max(size, originalSize);
        count++;
        if (total > Math.min(MOST_BYTES, BEST_RATIO * bytes.length) || count > MOST_ARRAYS) {
          throw corrupt('its directory claims more than it can hold');
        }
        return true;
      },
    });
  } catch (error) {
    if (error instanceof WeightspringError) throw error;
    throw corrupt('it is no zip file, or a damaged one');
  }
}

/** Reads one `.npy` file. */
function readNumpyArray(name: string, file: Uint8Array): NumpyArray {
  const isNpy = file.length >= 12 && MAGIC.every((byte, i) => file[i] === byte);
  if (!isNpy) throw corrupt(`'${name}' is no .npy file`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [lengthBytes, length] =
    file[6] === 1 ? [2, view.getUint16(8, true)] : [4, view.getUint32(8, true)];
  const end = 8 + lengthBytes + length;
  const text = new TextDecoder('latin1').decode(file.subarray(8 + lengthBytes, end));
  const header = HEADER.exec(text);
  if (header === null || end > file.length) {
    throw corrupt(`the header of '${name}' is not that of an array of numbers or texts`);
  }
  const [, order = '', kind = '', size = '', fortran, dims = ''] = header;
  const shape = dims.split(',').flatMap((dim) => (dim.trim() === '' ? [] : [parseInt(dim, 10)]));
  const elements = shape.reduce((product, dim) => product * dim, 1);
  const bytes = kind === 'U' ? 4 * Number(size) : Number(size);
  if (shape.length > MOST_AXES || bytes * elements !== file.length - end) {
    throw corrupt(`'${name}' [${shape.join(', ')}] does not fit its ${file.length - end} bytes`);
  }
  // A copy, aligned to eight bytes.
  const body = new Uint8Array(file.subarray(end));
  const data = decode(name, kind, bytes, order === '>', body);
  return { shape, data: fortran === 'True' ? inRowMajor(data, shape) : data };
}

function decode(
  name: string,
  kind: string,
  bytes: number,
  isBigEndian: boolean,
  body: Uint8Array<ArrayBuffer>,
): NumpyArray['data'] {
  if (kind === 'U') return decodeTexts(body, bytes, isBigEndian);
  if (kind === 'S') return decodeBytes(body, bytes);
  if (isBigEndian && bytes > 1) reverseElements(body, bytes);
  switch (`${kind}${bytes}`) {
    case 'f2':
      return decodeFloat16(new Uint16Array(body.buffer));
    case 'f4':
      return new Float32Array(body.buffer);
    case 'f8':
      return new Float64Array(body.buffer);
    case 'b1':
    case 'u1':
      return body;
    case 'i1':
      return Float64Array.from(new Int8Array(body.buffer));
    case 'i2':
      return Float64Array.from(new Int16Array(body.buffer));
    case 'u2':
      return Float64Array.from(new Uint16Array(body.buffer));
    case 'i4':
      return Float64Array.from(new Int32Array(body.buffer));
    case 'u4':
      return Float64Array.from(new Uint32Array(body.buffer));
    case 'i8':
      return Float64Array.from(new BigInt64Array(body.buffer), Number);
    case 'u8':
      return Float64Array.from(new BigUint64Array(body.buffer), Number);
    default:
      throw corrupt(`'${name}' holds elements of type ${kind}${bytes}, not numbers or texts`);
  }
}

function reverseElements(body: Uint8Array, bytes: number): void {
  for (let start = 0; start < body.length; start += bytes) {
    body.subarray(start, start + bytes).reverse();
  }
}

/** Texts of four bytes a character, padded by zeros. */
function decodeTexts(
  body: Uint8Array<ArrayBuffer>,
  bytes: number,
  isBigEndian: boolean,
): readonly string[] {
  if (bytes === 0) return [];
  if (isBigEndian) reverseElements(body, 4);
  const characters = new Uint32Array(body.buffer);
  const each = bytes / 4;
  return Array.from({ length: characters.length / each }, (_, index) => {
    let text = '';
    for (const code of characters.subarray(index * each, (index + 1) * each)) {
      if (code === 0) break;
      text += code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
    }
    return text;
  });
}

function decodeBytes(body: Uint8Array, bytes: number): readonly string[] {
  if (bytes === 0) return [];
  return Array.from({ length: body.length / bytes }, (_, index) => {
    const text = body.subarray(index * bytes, (index + 1) * bytes);
    const end = text.indexOf(0);
    return new TextDecoder().decode(end < 0 ? text : text.subarray(0, end));
  });
}

/** From Fortran's order, whose first axis runs fastest. */
function inRowMajor(data: NumpyArray['data'], shape: readonly number[]): NumpyArray['data'] {
  const places = new Uint32Array(data.length);
  let inner = data.length;
  let stride = 1;
  for (const dim of shape) {
    inner /= dim;
    for (let i = 0; i < places.length; i++) {
      places[i] = (places[i] as number) + (Math.floor(i / inner) % dim) * stride;
    }
    stride *= dim;
  }
  if (Array.isArray(data)) return Array.from(places, (place) => (data as string[])[place] ?? '');
  const source = data as Float64Array;
  const result = source.slice();
  places.forEach((place, i) => {
    result[i] = source[place] as number;
  });
  return result;
}

function corrupt(problem: string): WeightspringError {
  return new WeightspringError(
    'data-corrupt',
    `expected an npz file of arrays, but ${problem}; take an undamaged copy, or write it with ` +
      'numpy.savez',
  );
}
