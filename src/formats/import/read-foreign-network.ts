import { extname } from 'node:path';
import { WeightspringError } from '../../errors.js';
import { readNumpyArrays } from '../../files/numpy-arrays.js';
import { networkOf } from '../../network/network.js';
import { chainLayers, type DenseLayer } from './chain-layers.js';
import type { ForeignGraphNetwork, ForeignNetwork, ForeignPerceptron } from './foreign-network.js';
import { foreign, type BesideFiles, type ForeignTensor } from './foreign-tensor.js';
import { externalFiles, ForeignGraph } from './onnx-values.js';
import { readOnnxPerceptron } from './read-onnx.js';
import { isOfImages, readOnnxGraph } from './read-onnx-graph.js';
import { readForeignSafetensors } from './read-safetensors.js';

/** What a network has to fit. */
export interface TaskShape {
  readonly inputs: number;
  readonly classes: number;
}

/** Kinds of files that are read. */
export const IMPORTED_EXTENSIONS = ['.safetensors', '.npz', '.onnx'] as const;

/** Kinds that are not, with the line of Python that makes one that is. */
const CONVERSIONS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['.pt', '.pth', '.ckpt', '.bin'].map((extension) => [
      extension,
      `python -c "import sys, torch; from safetensors.torch import save_file; ` +
        `[save_file({k: v.contiguous() for k, v in torch.load(f, map_location='cpu', weights_only=True).items()}, ` +
        `f.rsplit('.', 1)[0] + '.safetensors') for f in sys.argv[1:]]" FILES`,
    ]),
  ),
  ...Object.fromEntries(
    ['.h5', '.keras', '.hdf5'].map((extension) => [
      extension,
      `python -c "import sys, keras, numpy; [numpy.savez(f.rsplit('.', 1)[0] + '.npz', ` +
        `*keras.models.load_model(f).get_weights()) for f in sys.argv[1:]]" FILES`,
    ]),
  ),
};

/** The line of Python that turns a file of another kind into one that can be read, if there is one. */
export function conversionOf(path: string): string | undefined {
  return CONVERSIONS[extname(path).toLowerCase()];
}

/**
 * Reads a perceptron from a file that another program wrote and that need not be trusted.
 *
 * @param name - for messages, and its extension tells the format
 * @param beside - the files that {@link filesBeside} names
 * @throws WeightspringError `data-corrupt` or `invalid-argument`, naming file and tensor or node
 */
export function readForeignNetwork(
  name: string,
  bytes: Uint8Array,
  shape: TaskShape,
  beside: BesideFiles = new Map(),
): ForeignNetwork {
  return naming(name, () => fitted(decoded(name, bytes, shape, beside), shape));
}

/**
 * Names of files beside a file that hold some of its weights, as of ONNX files of PyTorch.
 *
 * @throws WeightspringError `data-corrupt`, naming the file
 */
export function filesBeside(name: string, bytes: Uint8Array): readonly string[] {
  if (extname(name).toLowerCase() !== '.onnx') return [];
  return naming(name, () => externalFiles(bytes));
}

/** Errors of a file name it. */
function naming<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError(error.code, `'${name}': ${error.message}`, { cause: error });
  }
}

function decoded(
  name: string,
  bytes: Uint8Array,
  { inputs, classes }: TaskShape,
  beside: BesideFiles,
): ForeignNetwork {
  const chained = (tensors: ReadonlyMap<string, ForeignTensor>): ForeignPerceptron => ({
    layers: chainLayers(tensors, inputs, classes === 2 ? [2, 1] : [classes]),
    activation: undefined,
    scalesInputs: undefined,
  });
  switch (extname(name).toLowerCase()) {
    case '.safetensors':
      return chained(readForeignSafetensors(bytes));
    case '.npz':
      return chained(numpyTensors(bytes));
    case '.onnx': {
      const graph = new ForeignGraph(bytes, beside);
      if (isOfImages(graph)) return readOnnxGraph(graph);
      const { layers, activation, scalesInputs } = readOnnxPerceptron(graph);
      return { layers, activation: activation ?? undefined, scalesInputs };
    }
    default: {
      const conversion = conversionOf(name);
      throw new WeightspringError(
        'invalid-argument',
        conversion === undefined
          ? `expected a file of weights, ${IMPORTED_EXTENSIONS.join(', ')}`
          : `such files are code as much as data, and not read; this converts them: ${conversion}`,
      );
    }
  }
}

/** Arrays of floating-point numbers; any others, such as metadata, are no weights. */
function numpyTensors(bytes: Uint8Array): ReadonlyMap<string, ForeignTensor> {
  const tensors = new Map<string, ForeignTensor>();
  for (const [name, { shape, data }] of readNumpyArrays(bytes)) {
    if (data instanceof Float32Array || data instanceof Float64Array) {
      tensors.set(name, { shape, data: Float32Array.from(data) });
    }
  }
  return tensors;
}

/** @throws WeightspringError `data-corrupt` for another number of features or classes */
function fitted(network: ForeignNetwork, shape: TaskShape): ForeignNetwork {
  return 'layers' in network ? fittedPerceptron(network, shape) : fittedGraph(network, shape);
}

function fittedGraph(
  network: ForeignGraphNetwork,
  { inputs, classes }: TaskShape,
): ForeignGraphNetwork {
  const { inputs: features, outputs } = networkOf(network.architecture);
  if (features !== inputs || outputs !== classes) {
    throw foreign(
      `expected a network of ${inputs} features and ${classes} classes, got one of ${features} ` +
        `and ${outputs}`,
    );
  }
  ensureFinite(network.weights.every(Number.isFinite));
  return network;
}

/** With two logits where it has one for two classes, and finite weights. */
function fittedPerceptron(
  network: ForeignPerceptron,
  { inputs, classes }: TaskShape,
): ForeignPerceptron {
  const layers = network.layers.map((layer, index) =>
    index === network.layers.length - 1 && layer.outputs === 1 && classes === 2
      ? withTwoLogits(layer)
      : layer,
  );
  const [first, last] = [layers[0], layers.at(-1)];
  if (first?.inputs !== inputs || last?.outputs !== classes) {
    throw foreign(
      `expected a network of ${inputs} features and ${classes} classes, got ` +
        [first?.inputs ?? 0, ...layers.map(({ outputs }) => outputs)].join('-'),
    );
  }
  ensureFinite(
    layers.every(
      ({ weight, bias }) => weight.every(Number.isFinite) && bias.every(Number.isFinite),
    ),
  );
  return { ...network, layers };
}

function ensureFinite(isFinite: boolean): void {
  if (!isFinite) throw foreign('some of its weights are no finite numbers: its training diverged');
}

/** A logit z for the second class as −z/2 and z/2, which have the same probabilities. */
function withTwoLogits({ inputs, weight, bias }: DenseLayer): DenseLayer {
  const both = (values: Float32Array): Float32Array =>
    Float32Array.from({ length: 2 * values.length }, (_, place) => {
      const half = (values[place >> 1] as number) / 2;
      return place % 2 === 0 ? -half : half;
    });
  return { inputs, outputs: 2, weight: both(weight), bias: both(bias) };
}
