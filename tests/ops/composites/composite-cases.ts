import { ACTIVATIONS } from '../../../src/network/architecture.js';
import { activate } from '../../../src/network/layers/activation.js';
import {
  adaptiveLayerNorm,
  gatedAdaptiveLayerNorm,
} from '../../../src/ops/composites/adaptive-layer-norm.js';
import { multiHeadAttention } from '../../../src/ops/composites/attention.js';
import { entropy } from '../../../src/ops/composites/entropy.js';
import { fourierEmbedding } from '../../../src/ops/composites/fourier-embedding.js';
import { layerNorm } from '../../../src/ops/composites/layer-norm.js';
import { linear } from '../../../src/ops/composites/linear.js';
import { crossEntropy, meanSquaredError } from '../../../src/ops/composites/losses.js';
import { meanOfStack } from '../../../src/ops/composites/mean-of-stack.js';
import type { ParameterSource, TensorOps } from '../../../src/ops/tensor-ops.js';
import { Random } from '../../../src/random.js';
import { operand, ramp, sample, type Compute, type Sample } from '../conformance/case.js';

/** A composite on small inputs; what it must give is the reference interpreter's to say. */
export interface CompositeCase {
  readonly title: string;
  readonly inputs: readonly Sample[];
  readonly compute: Compute;
}

/** Parameters with random values, the same for the same name, whatever their own start is. */
export function randomParameters<T>(ops: TensorOps<T>): ParameterSource<T> {
  return (name, shape) => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    return ops.constant(new Random(5, name).normals(size), shape);
  };
}

const tokens: Sample = { shape: [2, 5, 8], data: new Random(5, 'tokens').normals(80) };
const condition: Sample = { shape: [2, 3], data: new Random(5, 'condition').normals(6) };

export const COMPOSITE_CASES: readonly CompositeCase[] = [
  ...ACTIVATIONS.map((activation) => ({
    title: activation,
    inputs: [sample([-40, -3, -0.5, 0, 0.25, 2, 60], [7])],
    compute: <T>(ops: TensorOps<T>, x: readonly T[]): T => activate(ops, activation, operand(x, 0)),
  })),
  {
    title: 'entropy',
    inputs: [sample([0, 1, 0, 0.25, 0.5, 0.25, 1e-30, 0.5, 0.5], [3, 3])],
    compute: (ops, x) => entropy(ops, operand(x, 0)),
  },
  ...[3, 16, 37].map((networks) => ({
    title: `meanOfStack of ${networks}`,
    inputs: [ramp([networks, 2, 3])],
    compute: <T>(ops: TensorOps<T>, x: readonly T[]): T => meanOfStack(ops, operand(x, 0)),
  })),
  {
    title: 'layerNorm',
    inputs: [tokens],
    compute: (ops, x) => layerNorm(ops, operand(x, 0)),
  },
  {
    title: 'layerNorm with scale and shift',
    inputs: [tokens, ramp([8]), ramp([8])],
    compute: (ops, x) =>
      layerNorm(ops, operand(x, 0), {
        epsilon: 1e-3,
        scale: operand(x, 1),
        shift: operand(x, 2),
      }),
  },
  {
    title: 'linear',
    inputs: [tokens],
    compute: (ops, x) => linear(ops, randomParameters(ops), 'linear', operand(x, 0), 3),
  },
  {
    title: 'multiHeadAttention',
    inputs: [tokens],
    compute: (ops, x) =>
      multiHeadAttention(ops, randomParameters(ops), 'attention', operand(x, 0), { heads: 2 }),
  },
  {
    title: 'adaptiveLayerNorm',
    inputs: [tokens, condition],
    compute: (ops, x) =>
      adaptiveLayerNorm(ops, randomParameters(ops), 'norm', operand(x, 0), operand(x, 1)),
  },
  {
    title: 'gatedAdaptiveLayerNorm',
    inputs: [tokens, condition],
    compute: (ops, x) => {
      const [tokensIn, conditionIn] = [operand(x, 0), operand(x, 1)];
      const { normed, gate } = gatedAdaptiveLayerNorm(
        ops,
        randomParameters(ops),
        'norm',
        tokensIn,
        conditionIn,
      );
      return ops.add(tokensIn, ops.mul(gate, normed));
    },
  },
  {
    // Angles stay below 100, where float32 still resolves them to the tolerance of the parity.
    title: 'fourierEmbedding',
    inputs: [sample([0, 0.3, 0.999], [3])],
    compute: (ops, x) => fourierEmbedding(ops, operand(x, 0), { features: 16, minPeriod: 0.1 }),
  },
  {
    title: 'crossEntropy',
    inputs: [ramp([2, 3]), sample([1, 0, 0, 0, 0, 1], [2, 3])],
    compute: (ops, x) => crossEntropy(ops, operand(x, 0), operand(x, 1)),
  },
  {
    title: 'meanSquaredError',
    inputs: [ramp([2, 3]), ramp([3], -1)],
    compute: (ops, x) => meanSquaredError(ops, operand(x, 0), operand(x, 1)),
  },
];
