import { unzipSync } from 'fflate';
import { decodeSafetensors } from '../../src/files/safetensors.js';

/** What a file of weights holds, read as a user would. */
export interface NetworkFile {
  /** Row-major, under the names of `torch.nn.Sequential`. */
  readonly tensors: ReadonlyMap<string, readonly number[]>;
  /** Beside the network's own tensors. */
  readonly others: ReadonlyMap<string, readonly number[]>;
  readonly metadata: Readonly<Record<string, string>>;
}

const OF_A_LAYER = /^\d+\./;

export function readSafetensors(bytes: Uint8Array): NetworkFile {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const arrays = [...tensors].map(([name, { data }]) => [name, [...data]] as const);
  return { ...apart(arrays), metadata };
}

export function readNpz(bytes: Uint8Array): NetworkFile {
  const arrays = Object.entries(unzipSync(bytes)).map(([name, file]) => {
    const start = 10 + file[8]! + 256 * file[9]!;
    return {
      name: name.replace(/\.npy$/, ''),
      header: text(file.subarray(10, start)),
      start,
      file,
    };
  });
  const floats = arrays
    .filter(({ header }) => header.includes("'<f4'"))
    .map(
      ({ name, file, start }) => [name, [...new Float32Array(file.slice(start).buffer)]] as const,
    );
  const { file, start } = arrays.find(({ name }) => name === 'metadata')!;
  const metadata = JSON.parse(text(file.subarray(start))) as Record<string, string>;
  return { ...apart(floats), metadata };
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function apart(
  arrays: readonly (readonly [string, readonly number[]])[],
): Pick<NetworkFile, 'tensors' | 'others'> {
  return {
    tensors: new Map(arrays.filter(([name]) => OF_A_LAYER.test(name))),
    others: new Map(arrays.filter(([name]) => !OF_A_LAYER.test(name))),
  };
}
