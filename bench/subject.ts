import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { OnnxModel } from '../src/onnx/graph.js';
import { encodeModel } from '../src/onnx/serialize.js';
import type { HostTensor } from '../src/ops/host-tensor.js';
import type { ParameterSpec } from '../src/ops/tensor-ops.js';
import { Random } from '../src/random.js';
import type { FlowDefinition, FlowParameters } from '../src/sampling/flow-graphs.js';
import { FLOW_TRAINING_DEFAULTS } from '../src/training/train-flow.js';
import { initialiseParameters, networkParameters } from '../src/training/flow-parameters.js';
import {
  NEURON_TRANSFORMER_DEFAULTS,
  type NeuronTransformerConfig,
} from '../src/velocity/neuron-transformer.js';

/** The velocity network that is measured: 784-h-10 classifiers, width 256, 4 blocks. */
export const VELOCITY: NeuronTransformerConfig = {
  ...NEURON_TRANSFORMER_DEFAULTS,
  inputs: 784,
  outputs: 10,
  maxHiddenLayers: 1,
  width: 256,
  blocks: 4,
  heads: 8,
};
/** Hidden width of the classifiers, and how many hidden layers they have. */
/** As `weightspring train` makes it by default. */
export const FLOW: FlowDefinition = {
  velocity: VELOCITY,
  prediction: FLOW_TRAINING_DEFAULTS.prediction,
  geometry: FLOW_TRAINING_DEFAULTS.geometry,
};
export const HIDDEN = { width: 10, layers: 1 } as const;
export const BATCH = 64;
const SEED = 1;

/** The network's parameters and their values: a speed does not depend on training. */
export function subjectParameters(): {
  readonly specs: readonly ParameterSpec[];
  readonly values: readonly Float32Array[];
  readonly byName: FlowParameters;
} {
  const specs = networkParameters(VELOCITY, FLOW.geometry);
  const values = initialiseParameters(specs, SEED);
  const byName = new Map(
    specs.map(({ name, shape }, index) => [
      name,
      { shape, data: values[index] ?? new Float32Array(0) },
    ]),
  );
  return { specs, values, byName };
}

/** A batch of points of that architecture, standard normal: `w1, b1, w2, b2`. */
export function normalPoint(batch: number, stream: string): readonly HostTensor[] {
  const { inputs, outputs } = VELOCITY;
  const shapes = [
    [batch, inputs, HIDDEN.width],
    [batch, HIDDEN.width],
    [batch, HIDDEN.width, outputs],
    [batch, outputs],
  ];
  const random = new Random(SEED, stream);
  return shapes.map((shape) => ({
    shape,
    data: random.normals(shape.reduce((product, dim) => product * dim, 1)),
  }));
}

/** A session of a model on all cores, as {@link OrtEngine} and the reference product get it. */
export function openSession(
  model: OnnxModel,
  { threads = 0 }: { readonly threads?: number } = {},
): Promise<InferenceSession> {
  return InferenceSession.create(encodeModel(model), {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
  });
}

/** Tensors over host memory, by name. */
export function namedTensors(
  prefix: string,
  names: readonly string[],
  values: readonly HostTensor[],
): Record<string, Tensor> {
  return Object.fromEntries(
    values.map(({ shape, data }, index) => [
      `${prefix}${names[index] ?? ''}`,
      new Tensor('float32', data, shape),
    ]),
  );
}

/** Zeros of the same shapes: where a run writes. */
export function emptyLike(values: readonly HostTensor[]): readonly HostTensor[] {
  return values.map(({ shape, data }) => ({ shape, data: new Float32Array(data.length) }));
}
