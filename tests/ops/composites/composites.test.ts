import { describe, expect, it } from 'vitest';
import { ACTIVATIONS, activate, type Activation } from '../../../src/network/layers/activation.js';
import { erf } from '../../../src/ops/erf.js';
import { sigmoid } from '../../../src/ops/composites/activations.js';
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
import {
  ReferenceOps,
  scalarValue,
  tensor,
  type ReferenceTensor,
} from '../../../src/ops/reference-ops.js';
import type { ParameterInit, ParameterSpec } from '../../../src/ops/tensor-ops.js';
import { Random } from '../../../src/random.js';
import { deviation } from '../finite-differences.js';
import { randomParameters } from './composite-cases.js';

const ops = new ReferenceOps();
const parameters = randomParameters(ops);

function normal(shape: readonly number[], label = 'x'): ReferenceTensor {
  return tensor(new Random(11, label).normals(shape.reduce((a, b) => a * b, 1)), shape);
}

/** Rows of the last axis. */
function rows({ shape, data }: ReferenceTensor): number[][] {
  const width = shape.at(-1) ?? 1;
  return Array.from({ length: data.length / width }, (_, i) => [
    ...data.subarray(i * width, (i + 1) * width),
  ]);
}

/** Lists the parameters that a composite asks for, and fills them as they start. */
function recordingSource() {
  const specs: ParameterSpec[] = [];
  const source = (name: string, shape: readonly number[], init: ParameterInit): ReferenceTensor => {
    specs.push({ name, shape, init });
    const size = shape.reduce((a, b) => a * b, 1);
    const values = { zeros: 0, ones: 1, normal: 0.5, output: 0 }[init.kind];
    return tensor(new Float64Array(size).fill(values), shape);
  };
  return { specs, source };
}

/** The scalar functions, written apart from the composites. */
const SCALARS: Readonly<Record<Activation, (x: number) => number>> = {
  relu: (x) => (x < 0 ? 0 : x),
  tanh: Math.tanh,
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  silu: (x) => x / (1 + Math.exp(-x)),
};

describe('activations', () => {
  it.each(ACTIVATIONS)('%s is the scalar function element by element (1e-14)', (activation) => {
    const x = tensor([-700, -3, -0.5, 0, 0.25, 2, 700], [7]);
    const actual = activate(ops, activation, x).data;
    const expected = [...x.data].map(SCALARS[activation]);
    expect(deviation(actual, expected)).toBeLessThan(1e-14);
  });

  it('sigmoid runs from 0 to 1 and does not overflow', () => {
    const values = [...sigmoid(ops, tensor([-1e4, 0, Math.log(3), 1e4], [4])).data];
    expect(values[2]).toBeCloseTo(0.75, 14);
    expect(values.with(2, 0.75)).toEqual([0, 0.5, 0.75, 1]);
  });
});

describe('layerNorm', () => {
  it('gives rows of mean 0 and variance var/(var + ε)', () => {
    const x = normal([2, 3, 6]);
    const epsilon = 0.1;
    rows(layerNorm(ops, x, { epsilon })).forEach((row, index) => {
      const moments = (values: readonly number[]): readonly [number, number] => {
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
      };
      const [mean, variance] = moments(row);
      const [, own] = moments(rows(x)[index]!);
      expect(mean).toBeCloseTo(0, 12);
      expect(variance).toBeCloseTo(own / (own + epsilon), 12);
    });
  });

  it('applies the scale before the shift', () => {
    const x = normal([4, 6]);
    const plain = layerNorm(ops, x);
    const affine = layerNorm(ops, x, { scale: tensor(3), shift: tensor(-2) });
    expect(
      deviation(
        affine.data,
        [...plain.data].map((value) => 3 * value - 2),
      ),
    ).toBeLessThan(1e-14);
  });
});

describe('linear', () => {
  it('asks for a weight [in, out] of standard deviation 1/√in and a zero bias', () => {
    const { specs, source } = recordingSource();
    linear(ops, source, 'layer', normal([2, 4]), 3);
    expect(specs).toEqual([
      { name: 'layer.weight', shape: [4, 3], init: { kind: 'normal', std: 0.5 } },
      { name: 'layer.bias', shape: [3], init: { kind: 'zeros' } },
    ]);
  });

  it('starts at zero, and without a bias, when asked', () => {
    const { specs, source } = recordingSource();
    const y = linear(ops, source, 'layer', normal([2, 4]), 3, { init: 'zeros', bias: false });
    expect(specs.map(({ name, init }) => [name, init.kind])).toEqual([['layer.weight', 'zeros']]);
    expect(y).toEqual(tensor(new Float64Array(6), [2, 3]));
  });

  it('computes x·W + b', () => {
    const given = new Map([
      ['layer.weight', tensor([1, 2, 3, 4, 5, 6], [2, 3])],
      ['layer.bias', tensor([10, 20, 30], [3])],
    ]);
    const y = linear(ops, (name) => given.get(name)!, 'layer', tensor([1, -1], [1, 2]), 3);
    expect(y).toEqual(tensor([7, 17, 27], [1, 3]));
  });

  it('names the layer when its input has no width', () => {
    expect(() => linear(ops, parameters, 'layer', tensor(1), 3)).toThrow(/layer expects/);
  });
});

describe('multiHeadAttention', () => {
  const x = normal([2, 5, 8]);
  const attend = (tokens: ReferenceTensor): ReferenceTensor =>
    multiHeadAttention(ops, parameters, 'attention', tokens, { heads: 2 });

  it('is the definition, one head and one query at a time (1e-12)', () => {
    const linearRows = (name: string, input: number[][], width: number): number[][] => {
      const inputs = input[0]!.length;
      const weight = parameters(`${name}.weight`, [inputs, width], { kind: 'zeros' }).data;
      const bias = parameters(`${name}.bias`, [width], { kind: 'zeros' }).data;
      return input.map((row) =>
        Array.from(bias, (b, j) => row.reduce((sum, v, i) => sum + v * weight[i * width + j]!, b)),
      );
    };
    const expected = [0, 1].flatMap((batch) => {
      const projected = linearRows('attention.qkv', rows(x).slice(batch * 5, batch * 5 + 5), 24);
      const part = (row: number[], which: number, head: number): number[] =>
        row.slice(which * 8 + head * 4, which * 8 + head * 4 + 4);
      const joined = projected.map((query) =>
        [0, 1].flatMap((head) => {
          const q = part(query, 0, head);
          const scores = projected.map((key) =>
            Math.exp(part(key, 1, head).reduce((sum, k, i) => sum + k * q[i]!, 0) / Math.sqrt(4)),
          );
          const total = scores.reduce((a, b) => a + b, 0);
          return q.map((_, i) =>
            projected.reduce(
              (sum, value, n) => sum + (scores[n]! / total) * part(value, 2, head)[i]!,
              0,
            ),
          );
        }),
      );
      return linearRows('attention.out', joined, 8).flat();
    });
    expect(deviation(attend(x).data, expected)).toBeLessThan(1e-12);
  });

  it('commutes with permutations of the tokens (1e-12)', () => {
    const order = [3, 0, 4, 1, 2];
    const permute = (tokens: ReferenceTensor): ReferenceTensor =>
      ops.concat(
        order.map((token) => ops.slice(tokens, 1, token, 1)),
        1,
      );
    expect(deviation(attend(permute(x)).data, permute(attend(x)).data)).toBeLessThan(1e-12);
    expect(deviation(attend(permute(x)).data, attend(x).data)).toBeGreaterThan(0.1);
  });

  it('refuses heads that do not divide the width, and other ranks', () => {
    expect(() => multiHeadAttention(ops, parameters, 'a', x, { heads: 3 })).toThrow(
      /divide the width 8, got 3/,
    );
    expect(() => attend(normal([5, 8]))).toThrow(/\[batch, n, d\], got \[5, 8\]/);
  });
});

describe('adaptive layer norm', () => {
  const x = normal([2, 3, 4]);
  const condition = normal([2, 5], 'condition');

  it('starts as plain layer norm with a closed gate', () => {
    const { specs, source } = recordingSource();
    const plain = layerNorm(ops, x);
    expect(adaptiveLayerNorm(ops, source, 'norm', x, condition)).toEqual(plain);
    const { normed, gate } = gatedAdaptiveLayerNorm(ops, source, 'gated', x, condition);
    expect(normed).toEqual(plain);
    expect(gate).toEqual(tensor(new Float64Array(8), [2, 1, 4]));
    expect(specs.map(({ name, shape }) => [name, shape])).toEqual([
      ['norm.modulation.weight', [5, 8]],
      ['norm.modulation.bias', [8]],
      ['gated.modulation.weight', [5, 12]],
      ['gated.modulation.bias', [12]],
    ]);
  });

  it('is norm(x)·(1 + scale) + shift with [shift, scale, gate] from the condition', () => {
    const modulation = linear(ops, parameters, 'norm.modulation', condition, 12);
    const part = (index: number): ReferenceTensor =>
      ops.reshape(ops.slice(modulation, 1, 4 * index, 4), [2, 1, 4]);
    const expected = ops.add(ops.mul(layerNorm(ops, x), ops.add(part(1), tensor(1))), part(0));
    const { normed, gate } = gatedAdaptiveLayerNorm(ops, parameters, 'norm', x, condition);
    expect(deviation(normed.data, expected.data)).toBeLessThan(1e-14);
    expect(gate).toEqual(part(2));
  });

  it('follows the rank of x, and wants a condition [batch, c]', () => {
    const edges = normal([2, 3, 2, 4]);
    expect(adaptiveLayerNorm(ops, parameters, 'norm', edges, condition).shape).toEqual(edges.shape);
    expect(() => adaptiveLayerNorm(ops, parameters, 'norm', x, normal([5]))).toThrow(
      /condition \[batch, c\], got \[5\]/,
    );
  });
});

describe('fourierEmbedding', () => {
  it('has waves whose periods run geometrically from the longest to the shortest', () => {
    const t = 0.3;
    const options = { features: 6, minPeriod: 0.1, maxPeriod: 10 };
    const { shape, data } = fourierEmbedding(ops, tensor([t, 0], [2]), options);
    const angles = [10, 1, 0.1].map((period) => (2 * Math.PI * t) / period);
    expect(shape).toEqual([2, 6]);
    expect(
      deviation(data, [...angles.map(Math.sin), ...angles.map(Math.cos), 0, 0, 0, 1, 1, 1]),
    ).toBeLessThan(1e-13);
  });

  it('tells all times of [0, 1] apart by its slowest wave', () => {
    const t = Array.from({ length: 101 }, (_, i) => i / 100);
    const slowest = rows(fourierEmbedding(ops, tensor(t, [101]), { features: 8 })).map(
      (row) => row[0]!,
    );
    slowest.slice(1).forEach((value, i) => {
      expect(value).toBeGreaterThan(slowest[i]!);
    });
  });

  it('refuses odd widths and times of another rank', () => {
    expect(() => fourierEmbedding(ops, tensor([0], [1]), { features: 3 })).toThrow(/even/);
    expect(() => fourierEmbedding(ops, tensor(0), { features: 4 })).toThrow(/\[batch\], got \[\]/);
  });
});

describe('losses', () => {
  it('crossEntropy is the mean of −log p of the true class', () => {
    const logits = tensor([Math.log(3), 0, 0, Math.log(7)], [2, 2]);
    const targets = tensor([1, 0, 1, 0], [2, 2]);
    expect(scalarValue(crossEntropy(ops, logits, targets))).toBeCloseTo(
      -(Math.log(3 / 4) + Math.log(1 / 8)) / 2,
      14,
    );
  });

  it('meanSquaredError is the mean over all elements', () => {
    expect(scalarValue(meanSquaredError(ops, tensor([1, 2], [2]), tensor([3, 5], [2])))).toBe(6.5);
  });
});

describe('entropy', () => {
  it('is that of its closed forms, and 0 for what is sure', () => {
    const p = [1, 0, 0, 0, 0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0, 0];
    const { data, shape } = entropy(ops, tensor(p, [3, 4]));
    expect(shape).toEqual([3]);
    [0, Math.log(4), Math.log(2)].forEach((expected, i) => {
      expect(Math.abs(data[i]! - expected)).toBeLessThan(1e-15);
    });
  });

  it('is not below 0 where rounding made a probability larger than 1', () => {
    expect([...entropy(ops, tensor([1 + 1e-7, 0], [1, 2])).data]).toEqual([0]);
  });
});

describe('meanOfStack', () => {
  it.each([1, 16, 17, 200])('is the mean over %i networks (1e-15)', (networks) => {
    const x = normal([networks, 2, 3]);
    const { data, shape } = meanOfStack(ops, x);
    expect(shape).toEqual([1, 2, 3]);
    data.forEach((mean, i) => {
      const values = Array.from({ length: networks }, (_, m) => x.data[6 * m + i]!);
      const expected = values.reduce((sum, value) => sum + value, 0) / networks;
      expect(Math.abs(mean - expected)).toBeLessThan(1e-15);
    });
  });
});
