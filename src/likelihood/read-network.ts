import { extname } from 'node:path';
import {
  ACTIVATIONS,
  architecture,
  formatLayers,
  type Activation,
  type Architecture,
} from '../architecture/architecture.js';
import { ensure, WeightspringError } from '../errors.js';
import { readBytes } from '../files/read-file.js';
import { decodeSafetensors, type SafetensorsFile } from '../files/safetensors.js';
import { decodeModel } from '../onnx/parse.js';
import { readClassifier } from '../sampling/read-classifier.js';
import { flatWeights } from '../sampling/sequential-tensors.js';
import type { Network } from './prepared-network.js';

/**
 * Reads the network of a file: an ONNX classifier that this product wrote, or a safetensors file
 * with the tensors of `torch.nn.Sequential(Linear, σ, Linear, …)`, `0.weight [out, in]`, `0.bias`,
 * `2.weight`, …
 *
 * @param activation - of a safetensors file whose metadata name none
 * @throws WeightspringError `not-found`, `invalid-argument` for another kind of file,
 *   `model-invalid`, `data-corrupt` or `shape-mismatch` for what is in it
 */
export async function readNetwork(path: string, activation: Activation): Promise<Network> {
  const extension = extname(path);
  ensure(
    extension === '.onnx' || extension === '.safetensors',
    'invalid-argument',
    () => `expected a network as a .onnx or .safetensors file, got '${path}'`,
    'network',
  );
  const bytes = await readBytes(path, { what: 'a network' });
  try {
    return extension === '.onnx'
      ? readClassifier(decodeModel(bytes))
      : sequentialNetwork(decodeSafetensors(bytes), activation);
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

/**
 * The network of the tensors of a `torch.nn.Sequential`; the widths follow from their shapes.
 *
 * @throws WeightspringError `shape-mismatch` for other names, or shapes that do not fit together
 */
export function sequentialNetwork(file: SafetensorsFile, activation: Activation): Network {
  const arch = architecture(layersOf(file), declaredActivation(file) ?? activation);
  const { tensors } = file;
  const layers = arch.layers.length - 1;
  ensure(tensors.size === 2 * layers, 'shape-mismatch', () => unexpected(file, arch));
  const weights = flatWeights(arch, (name, size) => {
    const data = tensors.get(name)?.data;
    ensure(data?.length === size, 'shape-mismatch', () => unexpected(file, arch));
    return data;
  });
  return { architecture: arch, weights };
}

/** Widths by the weights `0.weight`, `2.weight`, … that are there. */
function layersOf({ tensors }: SafetensorsFile): readonly number[] {
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

function unexpected({ tensors }: SafetensorsFile, arch: Architecture): string {
  const found = [...tensors].map(([name, { shape }]) => `${name} [${shape.join(', ')}]`);
  return (
    `expected a weight and a bias for each layer of ${formatLayers(arch.layers)} and nothing else, ` +
    `got ${found.slice(0, 12).join(', ')}`
  );
}

/** As `sample --format safetensors` writes it. */
function declaredActivation({ metadata }: SafetensorsFile): Activation | undefined {
  try {
    const declared = JSON.parse(metadata.architecture ?? '{}') as { readonly activation?: unknown };
    return ACTIVATIONS.find((activation) => activation === declared.activation);
  } catch {
    // Whatever another program keeps under this name.
    return undefined;
  }
}
