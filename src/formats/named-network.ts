import { ensure } from '../errors.js';
import { parseJson } from '../files/parse-json.js';
import type { TensorFile } from '../files/safetensors.js';
import { architecture, architectureName, type Architecture } from '../network/architecture.js';
import { architectureSchema } from '../network/grammar.js';
import { networkOf } from '../network/network.js';
import type { DecodedNetwork, DecodeOptions } from './kinds/file-format.js';
import { declaredInputs } from './network-inputs.js';
import { flatWeights } from './torch-tensors.js';

/**
 * The network of a file of named tensors: those of the `architecture` in its metadata or, where
 * these name none, of `torch.nn.Sequential(Linear, σ, Linear, …)`, `0.weight [out, in]`, `0.bias`,
 * `2.weight`, …, whose widths follow from the shapes.
 *
 * @throws WeightspringError `shape-mismatch` for other names, or shapes that do not fit together,
 *   `data-corrupt` for metadata that contradict themselves
 */
export function namedNetwork(file: TensorFile, { activation }: DecodeOptions): DecodedNetwork {
  const { tensors, metadata } = file;
  const arch = declaredArchitecture(file) ?? architecture(layersOf(file), activation);
  ensure(tensors.size === networkOf(arch).slots.length, 'shape-mismatch', () =>
    unexpected(file, arch),
  );
  const weights = flatWeights(arch, (name, size) => {
    const data = tensors.get(name)?.data;
    ensure(data?.length === size, 'shape-mismatch', () => unexpected(file, arch));
    return data;
  });
  return { architecture: arch, weights, takes: declaredInputs(metadata, arch), metadata };
}

/** Widths from the shapes of `0.weight`, `2.weight`, … */
function layersOf({ tensors }: TensorFile): readonly number[] {
  const layers: number[] = [];
  for (let place = 0; ; place += 2) {
    const shape = tensors.get(`${place}.weight`)?.shape;
    if (shape === undefined) break;
    const [out, into] = shape;
    ensure(
      shape.length === 2 && (place === 0 || into === layers.at(-1)),
      'shape-mismatch',
      () =>
        `expected '${place}.weight' of shape [out, ${layers.at(-1) ?? 'in'}], ` +
        `got [${shape.join(', ')}]`,
    );
    layers.push(...(place === 0 ? [into, out] : [out]).map(Number));
  }
  ensure(
    layers.length > 0,
    'shape-mismatch',
    () =>
      "expected the tensors of a torch.nn.Sequential, '0.weight', '0.bias', '2.weight', …, got " +
      ([...tensors.keys()].slice(0, 6).join(', ') || 'none'),
  );
  return layers;
}

function unexpected({ tensors }: TensorFile, arch: Architecture): string {
  const found = [...tensors].map(([name, { shape }]) => `${name} [${shape.join(', ')}]`);
  return (
    `expected a weight and a bias for each layer of ${architectureName(arch)} and nothing else, ` +
    `got ${found.slice(0, 12).join(', ')}`
  );
}

/** As `sample` writes it; null if there is none. */
function declaredArchitecture({ metadata }: TensorFile): Architecture | null {
  try {
    return architectureSchema.parse(parseJson(metadata.architecture ?? ''));
  } catch {
    // Whatever another program keeps under this name.
    return null;
  }
}
