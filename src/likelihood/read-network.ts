import { extname } from 'node:path';
import {
  architecture,
  architectureName,
  type Activation,
  type Architecture,
} from '../network/architecture.js';
import { ensure, WeightspringError } from '../errors.js';
import { architectureSchema } from '../network/grammar.js';
import { networkOf } from '../network/network.js';
import { readBytes } from '../files/read-file.js';
import { decodeSafetensors, type SafetensorsFile } from '../files/safetensors.js';
import { parseJson } from '../files/parse-json.js';
import { decodeModel } from '../onnx/parse.js';
import type { InputScaling } from '../formats/network-format.js';
import { readClassifier } from '../formats/read-classifier.js';
import type { ClassifierOptions } from '../formats/classifier.js';
import { flatWeights } from '../formats/torch-tensors.js';
import type { Standardisation } from '../data/standardisation.js';
import { declaredInputs, networkForFlow, type StoredNetwork } from './network-inputs.js';
import type { Network } from './prepared-network.js';

export interface ReadNetworkOptions {
  /** Of a safetensors file whose metadata name none. */
  readonly activation: Activation;
  /** Of a safetensors file whose metadata do not tell; without it such a file is refused. */
  readonly inputScaling?: InputScaling | undefined;
  /** What the flow's networks take, `(x − mean) / scale`: what the network is read for. */
  readonly standardisation: Standardisation;
}

/**
 * Reads the network of a file: an ONNX classifier that this product wrote, or a safetensors file
 * with the tensors of the `architecture` in its metadata or, where these name none, of
 * `torch.nn.Sequential(Linear, σ, Linear, …)`, `0.weight [out, in]`, `0.bias`, `2.weight`, …
 *
 * Its weights are those that compute, from features standardised as the flow's are, what the file
 * computes from raw ones: a file for raw features, or for another standardisation, is converted.
 *
 * @throws WeightspringError `not-found`, `invalid-argument` for another kind of file,
 *   `model-invalid`, `data-corrupt` or `shape-mismatch` for what is in it
 */
export async function readNetwork(path: string, options: ReadNetworkOptions): Promise<Network> {
  const extension = extname(path);
  ensure(
    extension === '.onnx' || extension === '.safetensors',
    'invalid-argument',
    () => `expected a network as a .onnx or .safetensors file, got '${path}'`,
    'network',
  );
  const bytes = await readBytes(path, { what: 'a network' });
  try {
    const network =
      extension === '.onnx'
        ? classifierNetwork(readClassifier(decodeModel(bytes)))
        : namedNetwork(decodeSafetensors(bytes), options);
    return networkForFlow(network, options.standardisation);
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

/** The layers of a classifier take what its graph standardises. */
function classifierNetwork({
  architecture,
  weights,
  standardisation: { mean, scale },
}: ClassifierOptions): StoredNetwork {
  return { architecture, weights, takes: { mean: Array.from(mean), scale: Array.from(scale) } };
}

/**
 * The network that the metadata name, else that of a `torch.nn.Sequential`, whose widths follow from
 * the shapes of its tensors.
 *
 * @throws WeightspringError `shape-mismatch` for other names, or shapes that do not fit together,
 *   `invalid-argument` where nothing tells what the network takes
 */
function namedNetwork(file: SafetensorsFile, options: ReadNetworkOptions): StoredNetwork {
  const { activation, inputScaling, standardisation } = options;
  const { tensors, metadata } = file;
  const arch = declaredArchitecture(file) ?? architecture(layersOf(file), activation);
  const { slots } = networkOf(arch);
  ensure(tensors.size === slots.length, 'shape-mismatch', () => unexpected(file, arch));
  const weights = flatWeights(arch, (name, size) => {
    const data = tensors.get(name)?.data;
    ensure(data?.length === size, 'shape-mismatch', () => unexpected(file, arch));
    return data;
  });
  const chosen = inputScaling === 'separate' ? standardisation : 'raw';
  const takes = declaredInputs(metadata, arch) ?? (inputScaling === undefined ? null : chosen);
  ensure(
    takes !== null,
    'invalid-argument',
    () =>
      'its metadata do not tell whether it takes raw features (folded) or standardised ones ' +
      '(separate, as in files of release 0.1): say which with --input-scaling',
    'inputScaling',
  );
  return { architecture: arch, weights, takes };
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
    `expected a weight and a bias for each layer of ${architectureName(arch)} and nothing else, ` +
    `got ${found.slice(0, 12).join(', ')}`
  );
}

/** As `sample` writes it into a safetensors file; null where there is none that is known. */
function declaredArchitecture({ metadata }: SafetensorsFile): Architecture | null {
  try {
    return architectureSchema.parse(parseJson(metadata.architecture ?? ''));
  } catch {
    // Whatever another program keeps under this name.
    return null;
  }
}
