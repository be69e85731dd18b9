import { networkParameters } from '../src/flow/network-parameters.js';
import { dimValue } from '../src/onnx/dim-value.js';
import type { HostTensor } from '../src/ops/host-tensor.js';
import { sizeOf } from '../src/ops/shape-rules.js';
import type { ParameterSpec } from '../src/ops/tensor-ops.js';
import { Random } from '../src/random.js';
import type { FlowDefinition, FlowParameters } from '../src/flows/flow-graphs.js';
import type { LossProgram } from '../src/training/engine.js';
import { initialiseParameters } from '../src/training/flow-parameters.js';
import { flowProgram } from '../src/training/flow-program.js';
import { FLOW_TRAINING_DEFAULTS } from '../src/training/train-flow.js';
import { createVelocityNetwork } from '../src/velocity/create-velocity-network.js';
import {
  NEURON_TRANSFORMER_DEFAULTS,
  type NeuronTransformerConfig,
} from '../src/velocity/neuron-transformer.js';
import { pointDims, symbolicPointShapes } from '../src/velocity/point-shapes.js';

/** Hidden width of the classifiers, and how many hidden layers they have. */
export const HIDDEN = { width: 10, layers: 1 } as const;
export const BATCH = 64;
const SEED = 1;

/** The velocity network that is measured: 784-h-10 classifiers, width 256, 4 blocks. */
export const VELOCITY: NeuronTransformerConfig = {
  ...NEURON_TRANSFORMER_DEFAULTS,
  inputs: 784,
  outputs: 10,
  maxHiddenLayers: HIDDEN.layers,
  width: 256,
  blocks: 4,
  heads: 8,
};

/** As `weightspring train` makes it by default. */
export const FLOW = {
  velocity: VELOCITY,
  prediction: FLOW_TRAINING_DEFAULTS.prediction,
  geometry: FLOW_TRAINING_DEFAULTS.geometry,
} as const satisfies FlowDefinition;

/** A flow's parameters and their values: a speed does not depend on training. */
export function subjectParameters({ velocity, geometry }: FlowDefinition = FLOW): {
  readonly specs: readonly ParameterSpec[];
  readonly values: readonly Float32Array[];
  readonly byName: FlowParameters;
} {
  const specs = networkParameters(velocity, geometry);
  const values = initialiseParameters(specs, SEED);
  const byName = new Map(
    specs.map(({ name, shape }, index) => [
      name,
      { shape, data: values[index] ?? new Float32Array(0) },
    ]),
  );
  return { specs, values, byName };
}

/** The loss that the flow is trained with, on classifiers of {@link HIDDEN}. */
export function subjectProgram(): LossProgram {
  return flowProgram(HIDDEN.layers, {
    model: { ...FLOW, network: createVelocityNetwork(VELOCITY) },
    loss: FLOW_TRAINING_DEFAULTS.loss,
    parameters: subjectParameters().specs,
  });
}

/** A batch for that loss: noise, data and times. */
export function trainingInputs(): readonly HostTensor[] {
  const times = {
    shape: [BATCH],
    data: Float32Array.from({ length: BATCH }, (_, index) => (index + 0.5) / BATCH),
  };
  return [...normalPoint(BATCH, 'x0'), ...normalPoint(BATCH, 'x1'), times];
}

/** A batch of points of 784-…-10 classifiers, standard normal: `w1, b1, w2, …`. */
export function normalPoint(
  batch: number,
  stream: string,
  hidden: readonly number[] = [HIDDEN.width],
): readonly HostTensor[] {
  const random = new Random(SEED, stream);
  return symbolicPointShapes(hidden.length, VELOCITY.inputs, VELOCITY.outputs, false).map(
    (symbolic) => {
      const shape = symbolic.map((dim) => dimValue(dim, pointDims(hidden, batch)));
      return { shape, data: random.normals(sizeOf(shape)) };
    },
  );
}
