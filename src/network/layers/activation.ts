import { z } from 'zod';
import type { GraphBuilder } from '../../onnx/graph-builder.js';
import { gelu, relu, silu } from '../../ops/composites/activations.js';
import { erf } from '../../ops/erf.js';
import type { TensorOps } from '../../ops/tensor-ops.js';
import type { Layer, NeuronSymmetry } from './layer.js';
import { appendNode, scalar } from './onnx-node.js';

/** Activation functions σ. `gelu` is the exact one, `x·Φ(x)`; `silu` is `x·sigmoid(x)`. */
export const ACTIVATIONS = ['relu', 'tanh', 'gelu', 'silu'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** σ of every element. */
export interface ActivationNode {
  readonly op: 'activation';
  readonly function: Activation;
}

interface ActivationFunction {
  /** relu is positively homogeneous, tanh odd; the others are neither. */
  readonly symmetry: NeuronSymmetry;
  /** For interpreters that map numbers, which need one pass instead of one per primitive. */
  ofNumber(x: number): number;
  apply<T>(ops: TensorOps<T>, x: T): T;
  toOnnx(graph: GraphBuilder, x: string, output: string | undefined): string;
}

const FUNCTIONS: Readonly<Record<Activation, ActivationFunction>> = {
  relu: {
    symmetry: 'scale',
    ofNumber: (x) => (x < 0 ? 0 : x),
    apply: relu,
    toOnnx: (graph, x, output) => appendNode(graph, 'Relu', [x], {}, output),
  },
  tanh: {
    symmetry: 'sign',
    ofNumber: Math.tanh,
    apply: (ops, x) => ops.tanh(x),
    toOnnx: (graph, x, output) => appendNode(graph, 'Tanh', [x], {}, output),
  },
  silu: {
    symmetry: 'none',
    ofNumber: (x) => x / (1 + Math.exp(-x)),
    apply: silu,
    toOnnx: (graph, x, output) =>
      appendNode(graph, 'Mul', [x, appendNode(graph, 'Sigmoid', [x])], {}, output),
  },
  gelu: {
    symmetry: 'none',
    ofNumber: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
    apply: gelu,
    // `x · (1 + erf(x/√2)) · ½`: operator set 13 has no Gelu.
    toOnnx: (graph, x, output) => {
      const scaled = appendNode(graph, 'Div', [x, scalar(graph, Math.SQRT2)]);
      const erf = appendNode(graph, 'Erf', [scaled]);
      const doubled = appendNode(graph, 'Mul', [
        x,
        appendNode(graph, 'Add', [erf, scalar(graph, 1)]),
      ]);
      return appendNode(graph, 'Mul', [doubled, scalar(graph, 0.5)], {}, output);
    },
  },
};

export const activation: Layer<ActivationNode> = {
  op: 'activation',
  schema: z.strictObject({ op: z.literal('activation'), function: z.enum(ACTIVATIONS) }),
  arity: { min: 1, max: 1 },
  neurons: 'shares',
  symmetry: (node) => FUNCTIONS[node.function].symmetry,
  outputShape: (_, [input = []]) => input,
  tensors: () => [],
  // Activations change neither shapes nor tensors: networks with all of them are one family.
  familyNode: () => ({ op: 'activation', function: 'relu' }),
  resized: (node) => node,
  forward: <T>(ops: TensorOps<T>, node: ActivationNode, _: readonly T[], inputs: readonly T[]): T =>
    activate(ops, node.function, inputs[0] as T),
  toOnnx: (graph, node, _, [x = ''], output) => FUNCTIONS[node.function].toOnnx(graph, x, output),
};

/** The symmetry that an activation leaves to its neurons. */
export function activationSymmetry(name: Activation): NeuronSymmetry {
  return FUNCTIONS[name].symmetry;
}

/** σ of every element of `x`, any shape. */
export function activate<T>(ops: TensorOps<T>, name: Activation, x: T): T {
  const kind = FUNCTIONS[name];
  return ops.map?.(x, (value) => kind.ofNumber(value)) ?? kind.apply(ops, x);
}
