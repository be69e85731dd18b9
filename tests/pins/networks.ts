import * as ort from 'onnxruntime-node';
import { digest, pinnedValues, together, type Pinned } from './pinned.js';

/** Pins of a network's file, as safetensors: of the file, and of the numbers in it alone. */
export function pinnedSafetensors(file: Uint8Array): Pinned {
  return together(pinnedFile(file), pinnedValues('weights', safetensorsValues(file)));
}

/** All numbers of a safetensors file, in its order. */
export function safetensorsValues(file: Uint8Array): Float32Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  return new Float32Array(file.slice(start).buffer);
}

/** Pins of a classifier's file: of the file, and of its answers to rows of the given range. */
export async function pinnedClassifier(file: Uint8Array, features: number): Promise<Pinned> {
  const session = await ort.InferenceSession.create(file);
  try {
    const rows = 5;
    const values = Float32Array.from({ length: rows * features }, (_, i) => ((7 * i) % 11) / 3);
    const input = new ort.Tensor('float32', values, [rows, features]);
    const { probabilities } = await session.run({ input });
    return together(
      pinnedFile(file),
      pinnedValues('probabilities', probabilities!.data as Float32Array),
    );
  } finally {
    await session.release();
  }
}

/** Only of the file. */
export function pinnedFile(file: Uint8Array): Pinned {
  return { digests: { file: digest(file) }, numbers: { bytes: file.length } };
}
