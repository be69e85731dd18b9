import type { NetworkFormat } from '../../src/formats/network-format.js';
import { decodeModel } from '../../src/onnx/parse.js';
import { readNpz, readSafetensors, type NetworkFile } from '../support/network-file.js';

/** How the suite that all formats pass reads a file of each, as a user would. */
export interface FormatCase {
  readonly read: (bytes: Uint8Array) => NetworkFile;
  /** What the file holds beside the network's tensors: names. */
  readonly others: readonly string[];
}

export const FORMAT_CASES: Readonly<Record<NetworkFormat, FormatCase>> = {
  onnx: {
    read: readOnnx,
    others: ['standardise.mean', 'standardise.scale'],
  },
  safetensors: {
    read: readSafetensors,
    others: [],
  },
  npz: {
    read: readNpz,
    others: ['input.mean', 'input.scale'],
  },
};

function readOnnx(bytes: Uint8Array): NetworkFile {
  const { initializers, metadata } = decodeModel(bytes);
  const arrays = initializers.map(
    ({ name, data }) => [name, Array.from(data as Float32Array)] as const,
  );
  const isOfLayer = (name: string): boolean => /^\d+\./.test(name);
  return {
    tensors: new Map(arrays.filter(([name]) => isOfLayer(name))),
    others: new Map(arrays.filter(([name]) => !isOfLayer(name))),
    metadata,
  };
}
