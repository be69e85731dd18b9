import { describe, expect, it } from 'vitest';

import { architecture, ACTIVATIONS } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { forward, groupValues } from '../../src/network/forward.js';
import { initialise } from '../../src/network/initialise.js';
import { Random } from '../../src/random.js';

/** The definition, one neuron at a time. `erf` by its Maclaurin series, which costs some digits. */
function slowForward(
  layers: readonly number[],
  activation: string,
  weights: Float32Array,
  row: readonly number[],
): number[] {
  const erf = (x: number): number => {
    let term = x;
    let sum = x;
    for (let n = 1; n < 80; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  };
  const sigma: Record<string, (x: number) => number> = {
    relu: (x) => Math.max(0, x),
    tanh: (x) => (Math.exp(2 * x) - 1) / (Math.exp(2 * x) + 1),
    gelu: (x) => (x / 2) * (1 + erf(x / Math.sqrt(2))),
    silu: (x) => x / (1 + Math.exp(-x)),
  };
  let h = [...row];
  let offset = 0;
  for (let l = 1; l < layers.length; l++) {
    const [fanIn, fanOut] = [layers[l - 1]!, layers[l]!];
    const next: number[] = [];
    for (let j = 0; j < fanOut; j++) {
      let z = weights[offset + fanIn * fanOut + j]!;
      for (let k = 0; k < fanIn; k++) z += h[k]! * weights[offset + k * fanOut + j]!;
      next.push(l < layers.length - 1 ? sigma[activation]!(z) : z);
    }
    h = next;
    offset += (fanIn + 1) * fanOut;
  }
  return h;
}

describe('forward', () => {
  // Widths that are and are not multiples of four; more rows than one block.
  for (const layers of [
    [3, 2],
    [5, 7, 2],
    [4, 8, 6, 3],
    [1, 1, 1, 1, 1],
  ]) {
    for (const activation of ACTIVATIONS) {
      it(`computes ${layers.join('-')} ${activation} by its definition to 1e-10`, () => {
        const arch = architecture(layers, activation);
        const random = new Random(3, layers.join('-'));
        const weights = initialise(arch, random).map((w) => 2 * w);
        const rows = 37;
        const x = random.normals(rows * layers[0]!);
        const logits = forward(arch, weights, x);
        const classes = layers.at(-1)!;
        expect(logits.length).toBe(rows * classes);
        for (let row = 0; row < rows; row++) {
          const input = Array.from(x.subarray(row * layers[0]!, (row + 1) * layers[0]!));
          slowForward(layers, activation, weights, input).forEach((logit, c) => {
            expect(Math.abs(logits[row * classes + c]! - logit)).toBeLessThan(1e-10);
          });
        }
      });
    }
  }

  it('gives the hidden values from which the logits follow', () => {
    const arch = architecture([4, 6, 5, 2], 'tanh');
    const random = new Random(9);
    const weights = initialise(arch, random);
    const x = random.normals(8 * 4);
    const hidden = groupValues(arch, weights, x).flat();
    expect(hidden.map(({ length }) => length)).toEqual([8 * 6, 8 * 5]);
    const head = forward(
      architecture([5, 2]),
      weights.subarray(networkOf(architecture([4, 6, 5])).parameters),
      hidden[1]!,
    );
    expect(head).toEqual(forward(arch, weights, x));
    expect(groupValues(architecture([4, 2]), weights.subarray(0, 10), x)).toEqual([]);
  });

  it('refuses lengths that do not fit', () => {
    const arch = architecture([4, 3]);
    const weights = new Float32Array(15);
    expect(() => forward(arch, new Float32Array(14), new Float32Array(4))).toThrow(
      'expected 15 weights, got 14',
    );
    expect(() => forward(arch, weights, new Float32Array(5))).toThrow('rows of 4 features');
    expect(forward(arch, weights, new Float32Array(0)).length).toBe(0);
  });
});

describe('initialise', () => {
  const arch = architecture([100, 50, 4]);

  it('is uniform in ±1/√fan_in, biases too', () => {
    const weights = initialise(arch, new Random(1));
    expect(weights.length).toBe(networkOf(arch).parameters);
    const layers = [
      { values: weights.subarray(0, 5050), bound: 0.1 },
      { values: weights.subarray(5050), bound: 1 / Math.sqrt(50) },
    ];
    for (const { values, bound } of layers) {
      const largest = values.reduce((m, w) => Math.max(m, Math.abs(w)), 0);
      expect(largest).toBeLessThanOrEqual(bound * (1 + 1e-6));
      expect(largest).toBeGreaterThan(0.95 * bound);
      // Var U(±a) = a²/3; five standard errors of the variance at n values.
      const variance = values.reduce((s, w) => s + w * w, 0) / values.length;
      const tolerance = 5 * Math.sqrt(0.8 / values.length);
      expect(Math.abs((3 * variance) / bound ** 2 - 1)).toBeLessThan(tolerance);
    }
    expect(weights.subarray(5000, 5050).some((b) => b !== 0)).toBe(true);
  });

  it('follows the seed', () => {
    expect(initialise(arch, new Random(1))).toEqual(initialise(arch, new Random(1)));
    expect(initialise(arch, new Random(1))).not.toEqual(initialise(arch, new Random(2)));
  });
});
