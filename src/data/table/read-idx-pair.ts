import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readBytes } from '../../files/read-file.js';
import type { NumpyArray } from '../../files/numpy-arrays.js';
import { arrayTable } from './read-arrays.js';
import { unreadable, unusable, type Table } from './table.js';

const UNSIGNED_BYTE = 0x08;
const MOST_AXES = 4;
/** Most bytes of an unpacked file. */
const MOST_BYTES = 2 ** 31;

/** Whether bytes begin as an IDX file of unsigned bytes. */
export function isIdx(start: Uint8Array): boolean {
  const [zero, also, type, axes = 0] = start;
  return zero === 0 && also === 0 && type === UNSIGNED_BYTE && axes >= 1 && axes <= MOST_AXES;
}

/**
 * Reads a pair of IDX files: one of images, or of other rows of bytes, and one of labels.
 *
 * @param labels - default: the file beside it with `labels` for `images` and `idx1` for `idx3`
 * @throws WeightspringError `data-missing` or `data-corrupt`, naming the file
 */
export async function readIdxPair(path: string, labels?: string): Promise<Table> {
  const labelPath = labels ?? labelFile(path);
  const features = await readIdx(path);
  const classes = await readIdx(labelPath);
  if (classes.shape.length !== 1) {
    throw unusable(labelPath, `expected labels [rows], got [${classes.shape.join(', ')}]`);
  }
  const part = { features: ['images', features], labels: ['label', classes] } as const;
  return arrayTable(path, [part], 'label');
}

function labelFile(path: string): string {
  const name = basename(path).replace('images', 'labels').replace(/idx\d/, 'idx1');
  if (name === basename(path)) {
    throw unusable(path, 'these are IDX images: name the file of their labels with --target');
  }
  return join(dirname(path), name);
}

async function readIdx(path: string): Promise<NumpyArray> {
  const stored = await readBytes(path, {
    what: 'an IDX file',
    missing: { code: 'data-missing', advice: 'check the path, or name the labels with --target' },
  });
  const bytes = unpacked(path, stored);
  if (!isIdx(bytes)) {
    throw unreadable(path, 'expected an IDX file of unsigned bytes, which begins 00 00 08');
  }
  const axes = bytes[3] as number;
  const start = 4 + 4 * axes;
  if (bytes.length < start) throw unreadable(path, `it ends in its header of ${start} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const length = shape.reduce((product, size) => product * size, 1);
  if (bytes.length - start !== length) {
    throw unreadable(
      path,
      `its header says [${shape.join(', ')}], which is ${length} bytes, but ` +
        `${bytes.length - start} follow`,
    );
  }
  return { shape, data: bytes.subarray(start) };
}

function unpacked(path: string, stored: Uint8Array): Uint8Array {
  if (stored[0] !== 0x1f || stored[1] !== 0x8b) return stored;
  try {
    return gunzipSync(stored, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    throw unreadable(path, 'it is not a complete gzip file', error);
  }
}
