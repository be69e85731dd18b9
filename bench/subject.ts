import { networkParameters } from '../src/flow/network-parameters.js';
import { architecture, type Architecture } from '../src/network/architecture.js';
import { familySizes, type Family } from '../src/network/family.js';
import { networkOf } from '../src/network/network.js';
import { familyLayout } from '../src/network/point-layout.js';
import type { DimValues } from '../src/onnx/dim-value.js';
import type { HostTensor } from '../src/ops/host-tensor.js';
import { sizeOf } from '../src/ops/shape-rules.js';
import type { ParameterSpec } from '../src/ops/tensor-ops.js';
import { Random } from '../src/random.js';
import type { FlowDefinition, FlowParameters } from '../src/flows/flow-graphs.js';
import type { LossProgram } from '../src/training/engine.js';
import { initialiseParameters } from '../src/training/flow-parameters.js';
import { flowProgram } from '../src/training/flow-program.js';
import { FLOW_TRAINING_DEFAULTS } from '../src/training/flow-training-config.js';
import { createVelocityNetwork } from '../src/velocity/create-velocity-network.js';
import {
  NEURON_TRANSFORMER_DEFAULTS,
  type NeuronTransformerConfig,
} from '../src/velocity/neuron-transformer.js';

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
  const layout = familyLayout(subjectFamily(), false);
  return flowProgram({
    model: { ...FLOW, layout, network: createVelocityNetwork(VELOCITY) },
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
  return networkOf(subjectArchitecture(hidden)).slots.map(({ shape }) => {
    const batched = [batch, ...shape];
    return { shape: batched, data: random.normals(sizeOf(batched)) };
  });
}

/** 784-…-10 classifiers. */
export function subjectArchitecture(hidden: readonly number[] = [HIDDEN.width]): Architecture {
  return architecture([VELOCITY.inputs, ...hidden, VELOCITY.outputs]);
}

/** The family of {@link subjectArchitecture}. */
export function subjectFamily(hidden?: readonly number[]): Family {
  return networkOf(subjectArchitecture(hidden)).family;
}

/** Values of the symbols of its graphs. */
export function subjectSizes(hidden: readonly number[], batch: number): DimValues {
  return { batch, ...familySizes(networkOf(subjectArchitecture(hidden))) };
}

/** Names of the tensors of its points. */
export function tensorNames(hidden?: readonly number[]): readonly string[] {
  return networkOf(subjectArchitecture(hidden)).slots.map(({ name }) => name);
}
