import { describe, expect, it } from 'vitest';

import { architecture, ACTIVATIONS } from '../../src/network/architecture.js';
import { forward, groupValues, networkLogits, stackedShape } from '../../src/network/forward.js';
import { initialise } from '../../src/network/initialise.js';
import { layeredNodes } from '../../src/network/layers/layered.js';
import type { Activation } from '../../src/network/layers/activation.js';
import { networkOf } from '../../src/network/network.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { deviation } from '../ops/finite-differences.js';
import { graphArchitecture, residual, GRAPH_FORMS, type Form } from './graphs.js';
import { slowForward } from './slow-forward.js';

const ops = new ReferenceOps();

function perceptron(layers: readonly number[], activation: Activation): Form {
  return {
    input: [layers[0]!],
    nodes: layeredNodes({ layers, activation }).map(({ layer }) => layer),
  };
}

const FORMS = {
  ...GRAPH_FORMS,
  'two blocks of tanh': residual('tanh'),
  'two blocks of gelu': residual('gelu'),
};

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
          slowForward(perceptron(layers, activation), weights, input).forEach((logit, c) => {
            expect(Math.abs(logits[row * classes + c]! - logit)).toBeLessThan(1e-10);
          });
        }
      });
    }
  }

  for (const [name, form] of Object.entries(FORMS)) {
    it(`computes ${name} by its definition to 1e-10`, () => {
      const arch = graphArchitecture(form);
      const random = new Random(4, name);
      const weights = initialise(arch, random).map((w) => 2 * w);
      const features = networkOf(arch).inputs;
      const x = random.normals(9 * features);
      const logits = forward(arch, weights, x);
      const { outputs } = networkOf(arch);
      for (let row = 0; row < 9; row++) {
        const input = Array.from(x.subarray(row * features, (row + 1) * features));
        const expected = slowForward(form, weights, input);
        expect(expected.length).toBe(outputs);
        const actual = logits.subarray(row * outputs, (row + 1) * outputs);
        expect(deviation(actual, expected)).toBeLessThan(1e-10);
      }
    });

    it(`computes a stack of ${name} as each network alone, to 1e-12`, () => {
      const arch = graphArchitecture(form);
      const { inputs, slots } = networkOf(arch);
      const random = new Random(5, name);
      const networks = Array.from({ length: 3 }, () => initialise(arch, random));
      const x = random.normals(3 * 4 * inputs);
      const stacked = slots.map((slot): [string, ReferenceTensor] => [
        slot.name,
        tensor(
          networks.flatMap((w) => [...w.subarray(slot.offset, slot.offset + slot.size)]),
          stackedShape(slot, 3),
        ),
      ]);
      const together = networkLogits(ops, arch, new Map(stacked), tensor(x, [3, 4, inputs]));
      const alone = networks.flatMap((w, m) => [
        ...forward(arch, w, x.subarray(m * 4 * inputs, (m + 1) * 4 * inputs)),
      ]);
      expect(together.shape).toEqual([3, 4, networkOf(arch).outputs]);
      expect(deviation(together.data, alone)).toBeLessThan(1e-12);
    });
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

  it('gives the values of a residual group that layers read, each once', () => {
    const arch = graphArchitecture(residual());
    const random = new Random(10);
    const weights = initialise(arch, random);
    const x = random.normals(8 * 5);
    const sizes = groupValues(arch, weights, x).map((values) => values.map(({ length }) => length));
    // x1 and x2 of the first group: x2 is read twice.
    expect(sizes).toEqual([[8 * 6, 8 * 6], [8 * 7], [8 * 4], [8 * 8]]);
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
