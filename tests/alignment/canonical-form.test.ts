import { describe, expect, it } from 'vitest';

import {
  canonicalForm,
  canonicalSigns,
  fromCanonicalForm,
} from '../../src/alignment/canonical-form.js';
import { matchWeights } from '../../src/alignment/weight-matching.js';
import { architecture, type Architecture } from '../../src/network/architecture.js';
import { eachPlace } from '../../src/network/axis-view.js';
import { networkOf } from '../../src/network/network.js';
import { forward } from '../../src/network/forward.js';
import { initialise } from '../../src/network/initialise.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import { permuteNeurons } from '../../src/network/permute.js';
import { Random } from '../../src/random.js';
import {
  graphArchitecture,
  residual,
  DEPTHWISE,
  GRAPH_FORMS,
  add,
  activation,
  dense,
} from '../network/graphs.js';
import { rescaled } from './rescale.js';

const SHAPES = [
  [4, 3],
  [5, 7, 3],
  [30, 16, 16, 2],
  [4, 9, 8, 7, 3],
  [2, 1, 6, 2],
];

function shuffled(weights: Float32Array, arch: Architecture, random: Random): Float32Array {
  const spec = permutationSpec(arch);
  return permuteNeurons(
    weights,
    arch,
    spec,
    spec.groups.map(({ size }) => random.permutation(size)),
  );
}

function largestGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((gap, value, i) => Math.max(gap, Math.abs(value - b[i]!)), 0);
}

describe('canonicalForm', () => {
  for (const layers of SHAPES) {
    const arch = architecture(layers);
    const name = layers.join('-');

    it(`puts ${name} on its spheres and keeps its function to 1e-5`, () => {
      const random = new Random(31, name);
      const weights = initialise(arch, random);
      const canonical = canonicalForm(weights, arch);
      const x = random.normals(20 * layers[0]!);
      const round = fromCanonicalForm(canonical, arch);
      expect(largestGap(forward(arch, round, x), forward(arch, weights, x))).toBeLessThan(1e-5);

      const matrices = networkOf(arch).slots.filter(({ role }) => role === 'weight');
      matrices.forEach(({ offset, shape }, index) => {
        const [fanIn, fanOut] = [shape[0]!, shape[1]!];
        const norms = Array.from({ length: fanOut }, (_, j) => {
          const column = Array.from({ length: fanIn }, (_, i) => i * fanOut + j);
          return Math.hypot(...column.map((at) => canonical.weights[offset + at]!));
        });
        if (index < matrices.length - 1) {
          norms.forEach((norm) => {
            expect(Math.abs(norm - 1)).toBeLessThan(1e-6);
          });
        } else {
          expect(Math.abs(Math.hypot(...norms) - Math.sqrt(fanOut))).toBeLessThan(1e-6);
        }
      });
    });

    it(`is one point for all permuted and rescaled copies of ${name}, after alignment`, () => {
      const random = new Random(32, name);
      const weights = initialise(arch, random);
      const canonical = canonicalForm(weights, arch);
      for (let trial = 0; trial < 5; trial++) {
        const copy = rescaled(shuffled(weights, arch, random), arch, () =>
          Math.exp(2 * random.normal()),
        );
        const other = canonicalForm(copy, arch);
        const { aligned } = matchWeights(canonical.weights, other.weights, arch);
        // Float32 rounding of the copy, in proportion to the largest number (a bias over a small norm).
        const largest = canonical.weights.reduce((max, w) => Math.max(max, Math.abs(w)), 1);
        expect(largestGap(aligned, canonical.weights)).toBeLessThan(2e-6 * largest);
        expect(Math.abs(other.logScale - canonical.logScale)).toBeLessThan(1e-6);
      }
    });
  }

  it('is a fixed point of itself', () => {
    const arch = architecture([5, 7, 3]);
    const first = canonicalForm(initialise(arch, new Random(33)), arch);
    const second = canonicalForm(first.weights, arch);
    expect(largestGap(second.weights, first.weights)).toBeLessThan(1e-6);
    expect(Math.abs(second.logScale)).toBeLessThan(1e-6);
  });

  it('folds neurons without incoming weights, in a chain of layers, too', () => {
    const arch = architecture([3, 4, 5, 2]);
    const random = new Random(34);
    const weights = initialise(arch, random);
    // Neuron 1 of the first hidden layer is the constant σ(0.7); neuron 2 of the second hears only
    // it, so that it becomes constant by the fold. Neuron 3 there is the constant σ(−1) = 0.
    for (let i = 0; i < 3; i++) weights[i * 4 + 1] = 0;
    weights[12 + 1] = 0.7;
    for (let i = 0; i < 4; i++) if (i !== 1) weights[16 + i * 5 + 2] = 0;
    for (let i = 0; i < 4; i++) weights[16 + i * 5 + 3] = 0;
    weights[36 + 3] = -1;
    const canonical = canonicalForm(weights, arch);
    const x = random.normals(3 * 20);
    const round = fromCanonicalForm(canonical, arch);
    expect(largestGap(forward(arch, round, x), forward(arch, weights, x))).toBeLessThan(1e-6);

    const w = canonical.weights;
    expect([w[1], w[5], w[9], w[13]]).toEqual([1, 0, 0, 0]);
    expect([...w.slice(21, 26)]).toEqual([0, 0, 0, 0, 0]);
    for (const neuron of [2, 3]) {
      expect([0, 1, 2, 3].map((i) => w[16 + i * 5 + neuron])).toEqual([1, 0, 0, 0]);
      expect(w[36 + neuron]).toBe(0);
      expect([...w.slice(41 + 2 * neuron, 43 + 2 * neuron)]).toEqual([0, 0]);
    }
  });

  it('refuses networks that have no canonical form', () => {
    const arch = architecture([2, 3, 2]);
    const weights = initialise(arch, new Random(35));
    for (const activation of ['tanh', 'gelu', 'silu'] as const) {
      expect(() => canonicalForm(weights, architecture([2, 3, 2], activation))).toThrow(
        `/${activation}: such networks`,
      );
    }
    expect(() => canonicalForm(weights.with(3, NaN), arch)).toThrow('got NaN at 3');
    expect(() => canonicalForm(weights.subarray(1), arch)).toThrow('expected 17 weights, got 16');
    expect(() => canonicalForm(weights.fill(0, 9, 15), arch)).toThrow('last weight matrix is zero');
    const huge = canonicalForm(weights.fill(3e38), arch);
    expect(() => fromCanonicalForm(huge, arch)).toThrow(
      'the weights rescaled, as float32, got Infinity',
    );
    expect(() => fromCanonicalForm({ weights, logScale: Infinity }, arch)).toThrow('got Infinity');
  });
});

describe('canonicalForm of residual networks', () => {
  for (const [name, form] of Object.entries(GRAPH_FORMS)) {
    const arch = graphArchitecture(form);
    const { groups, slots } = networkOf(arch);
    const features = networkOf(arch).inputs;

    it(`normalises the stems of ${name} and keeps its function to 1e-5`, () => {
      const random = new Random(38, name);
      const weights = initialise(arch, random);
      const canonical = canonicalForm(weights, arch);
      const x = random.normals(20 * features);
      const round = fromCanonicalForm(canonical, arch);
      expect(largestGap(forward(arch, round, x), forward(arch, weights, x))).toBeLessThan(1e-5);
      const column = ({ offset, shape }: (typeof slots)[number], j: number): number[] =>
        Array.from(
          { length: shape.slice(0, -1).reduce((product, dim) => product * dim, 1) },
          (_, i) => canonical.weights[offset + i * shape.at(-1)! + j]!,
        );
      for (const { stem, size } of groups) {
        for (let j = 0; j < size; j++) {
          const norm = Math.hypot(...stem.flatMap((slot) => column(slot, j)));
          expect(Math.abs(norm - 1)).toBeLessThan(1e-6);
        }
      }
      const heads = slots.filter(({ sphere }) => sphere === 'whole');
      const norms = heads.flatMap((slot) =>
        column(slot, 0).concat(
          ...Array.from({ length: slot.fanOut - 1 }, (_, j) => column(slot, j + 1)),
        ),
      );
      expect(Math.abs(Math.hypot(...norms) - Math.sqrt(heads[0]!.fanOut))).toBeLessThan(1e-6);
    });

    it(`is one point for all rescaled copies of ${name}`, () => {
      const random = new Random(39, name);
      const weights = initialise(arch, random);
      const canonical = canonicalForm(weights, arch);
      const x = random.normals(20 * features);
      for (let trial = 0; trial < 5; trial++) {
        const copy = rescaled(weights, arch, () => Math.exp(2 * random.normal()));
        expect(largestGap(forward(arch, copy, x), forward(arch, weights, x))).toBeLessThan(1e-4);
        expect(largestGap(copy, weights)).toBeGreaterThan(0.1);
        const other = canonicalForm(copy, arch);
        const largest = canonical.weights.reduce((max, w) => Math.max(max, Math.abs(w)), 1);
        expect(largestGap(other.weights, canonical.weights)).toBeLessThan(2e-6 * largest);
        expect(Math.abs(other.logScale - canonical.logScale)).toBeLessThan(1e-6);
        const again = canonicalForm(fromCanonicalForm(other, arch), arch);
        expect(largestGap(again.weights, other.weights)).toBeLessThan(2e-6 * largest);
      }
    });

    it(`permutes with the neurons of ${name}`, () => {
      const random = new Random(40, name);
      const weights = initialise(arch, random);
      const spec = permutationSpec(arch);
      const order = spec.groups.map(({ size }) => random.permutation(size));
      const canonical = canonicalForm(weights, arch);
      const permuted = canonicalForm(permuteNeurons(weights, arch, spec, order), arch);
      const expected = permuteNeurons(canonical.weights, arch, spec, order);
      expect(largestGap(permuted.weights, expected)).toBeLessThan(1e-5);
    });
  }

  it('leaves what a block adds to its own group without a norm', () => {
    const arch = graphArchitecture(residual());
    const weights = initialise(arch, new Random(41));
    const { slots } = networkOf(arch);
    const up = slots.find(({ node, role }) => node === 'up1' && role === 'weight')!;
    // Twice the block is twice the canonical block; nothing else of the group changes.
    const doubled = weights.map((w, at) =>
      at >= up.offset && at < up.offset + up.size ? 2 * w : w,
    );
    const before = canonicalForm(weights, arch).weights;
    const after = canonicalForm(doubled, arch).weights;
    const changed = before.map((w, at) =>
      at >= up.offset && at < up.offset + up.size ? 2 * w : w,
    );
    expect(largestGap(after, changed)).toBeLessThan(1e-6);
  });

  it('folds neurons that nothing leads to, with a value for each place that is read', () => {
    // Layers read σ(z) of the neuron and also σ(z) + z.
    const arch = graphArchitecture({
      input: [3],
      nodes: [
        dense(4, 'stem'),
        activation('relu', 'once'),
        add(['once', 'stem'], 'twice'),
        dense(5, 'a', ['once']),
        dense(5, 'b', ['twice']),
        add(['a', 'b']),
        activation('relu'),
        dense(2),
      ],
    });
    for (const bias of [0.7, -0.7]) {
      const random = new Random(42);
      const weights = initialise(arch, random);
      for (let i = 0; i < 3; i++) weights[i * 4 + 1] = 0;
      weights[12 + 1] = bias;
      const canonical = canonicalForm(weights, arch);
      const x = random.normals(3 * 20);
      const round = fromCanonicalForm(canonical, arch);
      expect(largestGap(forward(arch, round, x), forward(arch, weights, x))).toBeLessThan(1e-6);
      const w = canonical.weights;
      expect([w[1], w[5], w[9], w[13]]).toEqual([1, 0, 0, 0]);
    }
  });

  it('refuses a neuron that only its own block writes', () => {
    const arch = graphArchitecture(residual());
    const weights = initialise(arch, new Random(43));
    for (let i = 0; i < 5; i++) weights[i * 6 + 2] = 0;
    expect(() => canonicalForm(weights, arch)).toThrow(
      'neuron 2 of group h1 is written only from inside its residual block, by none of w1',
    );
    // Without the block it is a constant like any other.
    const up = networkOf(arch).slots.find(({ node }) => node === 'up1')!;
    for (let i = 0; i < 7; i++) weights[up.offset + i * 6 + 2] = 0;
    const x = new Random(44).normals(5 * 20);
    const round = fromCanonicalForm(canonicalForm(weights, arch), arch);
    expect(largestGap(forward(arch, round, x), forward(arch, weights, x))).toBeLessThan(1e-5);
  });

  it('refuses a constant channel that becomes none by zeros around its images', () => {
    const arch = graphArchitecture(DEPTHWISE);
    const weights = initialise(arch, new Random(46));
    const silence = (node: string, channel: number): void => {
      const slot = networkOf(arch).slots.find((own) => own.node === node && own.role === 'weight')!;
      eachPlace(slot, slot.toAxis, channel, (at) => (weights[at] = 0));
    };
    // Without padding it is a constant like any other.
    silence('0', 1);
    const x = new Random(47).normals(84 * 5);
    const round = fromCanonicalForm(canonicalForm(weights, arch), arch);
    expect(largestGap(forward(arch, round, x), forward(arch, weights, x))).toBeLessThan(1e-5);
    silence('3', 2);
    expect(() => canonicalForm(weights, arch)).toThrow(
      "neuron 2 of the node '4' is a constant with zeros around",
    );
  });

  it('refuses logits that are one with the features', () => {
    const arch = graphArchitecture({ input: [3], nodes: [dense(3, 'a'), add(['a', 'input'])] });
    const weights = initialise(arch, new Random(45));
    expect(() => canonicalForm(weights, arch)).toThrow('whose logits are sums with its input');
  });

  it('takes logits that layers inside the network read', () => {
    const arch = graphArchitecture({
      input: [3],
      nodes: [
        dense(2, 'a'),
        activation('relu', 'a-relu'),
        dense(4),
        activation('relu'),
        dense(2, 'c'),
        add(['c', 'a-relu']),
      ],
    });
    const random = new Random(46);
    const weights = initialise(arch, random);
    const x = random.normals(3 * 20);
    const canonical = canonicalForm(weights, arch);
    const round = fromCanonicalForm(canonical, arch);
    expect(largestGap(forward(arch, round, x), forward(arch, weights, x))).toBeLessThan(1e-6);
    const copy = canonicalForm(
      rescaled(weights, arch, () => Math.exp(random.normal())),
      arch,
    );
    expect(largestGap(copy.weights, canonical.weights)).toBeLessThan(1e-5);
  });
});

describe('canonicalSigns', () => {
  for (const layers of SHAPES) {
    it(`is one point for all copies of ${layers.join('-')} with other signs`, () => {
      const arch = architecture(layers, 'tanh');
      const random = new Random(36, layers.join('-'));
      const weights = initialise(arch, random);
      // Zero biases in the first layer, so that the sum of the weights has to decide.
      for (const { name, offset, size } of networkOf(arch).slots) {
        if (name === 'b1') weights.fill(0, offset, offset + size);
      }
      const canonical = canonicalSigns(weights, arch);
      const x = random.normals(20 * layers[0]!);
      expect(largestGap(forward(arch, canonical, x), forward(arch, weights, x))).toBeLessThan(1e-6);
      for (let trial = 0; trial < 5; trial++) {
        const copy = rescaled(shuffled(weights, arch, random), arch, () =>
          random.uniform() < 0.5 ? -1 : 1,
        );
        const { aligned } = matchWeights(canonical, canonicalSigns(copy, arch), arch);
        expect(largestGap(aligned, canonical)).toBe(0);
      }
    });
  }

  it('gives hidden biases a positive sign and refuses other activations', () => {
    const arch = architecture([3, 8, 2], 'tanh');
    const canonical = canonicalSigns(initialise(arch, new Random(37)), arch);
    expect(canonical.subarray(24, 32).every((bias) => bias > 0)).toBe(true);
    expect(() => canonicalSigns(canonical, architecture([3, 8, 2]))).toThrow('got 3-8-2/relu');
  });

  it('is one point for all copies of a residual network with other signs, zero biases too', () => {
    const arch = graphArchitecture(residual('tanh'));
    const random = new Random(47);
    const drawn = initialise(arch, random);
    const noBiases = drawn.slice();
    for (const { role, offset, size } of networkOf(arch).slots) {
      if (role === 'bias') noBiases.fill(0, offset, offset + size);
    }
    for (const weights of [drawn, noBiases]) {
      const canonical = canonicalSigns(weights, arch);
      const x = random.normals(20 * 5);
      expect(largestGap(forward(arch, canonical, x), forward(arch, weights, x))).toBeLessThan(1e-6);
      for (let trial = 0; trial < 5; trial++) {
        const copy = rescaled(weights, arch, () => (random.uniform() < 0.5 ? -1 : 1));
        expect(largestGap(canonicalSigns(copy, arch), canonical)).toBe(0);
      }
    }
  });
});
