import { isDeepStrictEqual } from 'node:util';
import { parseJson } from '../files/parse-json.js';
import type { Architecture } from '../network/architecture.js';
import { architectureSchema } from '../network/grammar.js';
import { networkOf } from '../network/network.js';
import { WeightspringError } from '../errors.js';
import type { OnnxModel } from '../onnx/graph.js';
import { buildClassifier, type ClassifierOptions } from './classifier.js';
import { flatWeights } from './torch-tensors.js';

/**
 * The inverse of {@link buildClassifier}.
 *
 * The model need not be trusted: it is rebuilt from what was recovered and compared, so that a graph
 * that computes anything else is refused.
 *
 * @throws WeightspringError `model-invalid` for any other model
 */
export function readClassifier(model: OnnxModel): ClassifierOptions {
  const { ensemble } = model.metadata;
  if (ensemble !== undefined) {
    throw foreign(`it is an ensemble of ${ensemble.slice(0, 10)}, not one network`);
  }
  const arch = readArchitecture(model.metadata.architecture);
  const tensors = new Map(model.initializers.map(({ name, data }) => [name, data]));
  const tensor = (name: string, size: number): Float32Array => {
    const data = tensors.get(name);
    if (data instanceof Float32Array && data.length === size) return data;
    throw foreign(`it has no float32 tensor '${name}' of ${size} elements`);
  };
  const { inputs, key } = networkOf(arch);
  const options: ClassifierOptions = {
    architecture: arch,
    weights: flatWeights(arch, tensor),
    standardisation: {
      mean: tensor('standardise.mean', inputs),
      scale: tensor('standardise.scale', inputs),
    },
    metadata: model.metadata,
  };
  if (!isDeepStrictEqual(buildClassifier(options), model)) {
    throw foreign(`its graph is not that of ${key}`);
  }
  return options;
}

function readArchitecture(json: string | undefined): Architecture {
  if (json === undefined) throw foreign('its metadata name no architecture');
  try {
    return architectureSchema.parse(parseJson(json));
  } catch {
    throw foreign(`its metadata name the architecture ${json.slice(0, 200)}`);
  }
}

function foreign(problem: string): WeightspringError {
  return new WeightspringError(
    'model-invalid',
    `expected a classifier written by this product, but ${problem}`,
  );
}
