import { isDeepStrictEqual } from 'node:util';
import {
  ACTIVATIONS,
  architecture,
  architectureKey,
  widthAt,
  type Activation,
  type Architecture,
} from '../network/architecture.js';
import { WeightspringError } from '../errors.js';
import type { OnnxModel } from '../onnx/graph.js';
import { buildClassifier, type ClassifierOptions } from './classifier.js';
import { flatWeights } from './torch-tensors.js';

/**
 * Recovers a network from a classifier that {@link buildClassifier} made: its inverse.
 *
 * The model need not be trusted. It is rebuilt from what was recovered and compared, so that a graph
 * that computes anything else is refused.
 *
 * @throws WeightspringError `model-invalid` for any other model
 */
export function readClassifier(model: OnnxModel): ClassifierOptions {
  const arch = readArchitecture(model.metadata.architecture);
  const tensors = new Map(model.initializers.map(({ name, data }) => [name, data]));
  const tensor = (name: string, size: number): Float32Array => {
    const data = tensors.get(name);
    if (data instanceof Float32Array && data.length === size) return data;
    throw foreign(`it has no float32 tensor '${name}' of ${size} elements`);
  };
  const inputs = widthAt(arch, 0);
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
    throw foreign(`its graph is not that of ${architectureKey(arch)}`);
  }
  return options;
}

function readArchitecture(json: string | undefined): Architecture {
  if (json === undefined) throw foreign('its metadata name no architecture');
  try {
    const { layers, activation } = JSON.parse(json) as Partial<Record<string, unknown>>;
    if (isNumbers(layers) && isActivation(activation)) return architecture(layers, activation);
  } catch {
    // Reported below, like any other text that is not an architecture.
  }
  throw foreign(`its metadata name the architecture ${json.slice(0, 200)}`);
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function isActivation(value: unknown): value is Activation {
  return ACTIVATIONS.some((activation) => activation === value);
}

function foreign(problem: string): WeightspringError {
  return new WeightspringError(
    'model-invalid',
    `expected a classifier written by this product, but ${problem}`,
  );
}
