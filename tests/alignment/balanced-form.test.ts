import { describe, expect, it } from 'vitest';
import { balancedForm } from '../../src/alignment/balanced-form.js';
import { canonicalForm, fromCanonicalForm } from '../../src/alignment/canonical-form.js';
import { architecture } from '../../src/network/architecture.js';
import { initialise } from '../../src/network/initialise.js';
import { Random } from '../../src/random.js';
import { evaluateNetworks } from '../../src/zoo/evaluate-networks.js';
import { rescaled } from './rescale.js';

const arch = architecture([3, 6, 5, 2]);
const random = new Random(4);
const weights = initialise(arch, random);
const squares = (values: Float32Array): number => values.reduce((sum, v) => sum + v * v, 0);

describe('balancedForm', () => {
  it('is one network for all rescaled copies, with the function that they share', () => {
    const balanced = balancedForm(weights, arch);
    const copy = rescaled(weights, arch, () => Math.exp(2 * random.normal()));
    const again = balancedForm(copy, arch);
    balanced.forEach((value, at) => {
      expect(again[at]).toBeCloseTo(value, 5);
    });
    const canonical = fromCanonicalForm(canonicalForm(weights, arch), arch);
    expect(squares(balancedForm(canonical, arch))).toBeCloseTo(squares(balanced), 5);
    const rows = random.normals(3 * 20);
    const [before, after] = evaluateNetworks(arch, [copy, again], rows);
    before!.forEach((logit, at) => {
      expect(after![at]).toBeCloseTo(logit, 4);
    });
  });

  it('has the least sum of squares', () => {
    const least = squares(balancedForm(weights, arch));
    expect(least).toBeLessThan(squares(weights));
    for (let trial = 0; trial < 20; trial++) {
      const copy = rescaled(balancedForm(weights, arch), arch, () =>
        Math.exp(0.3 * random.normal()),
      );
      expect(squares(copy)).toBeGreaterThan(least);
    }
  });

  it('brings what comes in and what goes out of one neuron to one norm', () => {
    // y = 12·relu(3x + 4): in 5, out 12, so both √60.
    const one = architecture([1, 1, 1]);
    const [w1, b1, w2, b2] = balancedForm([3, 4, 12, 7], one);
    expect(Math.hypot(w1!, b1!)).toBeCloseTo(Math.sqrt(60), 5);
    expect(w2).toBeCloseTo(Math.sqrt(60), 5);
    expect(b2).toBe(7);
    expect(w1! / b1!).toBeCloseTo(3 / 4, 6);
  });

  it('leaves neurons that nothing reads, and networks that cannot be rescaled', () => {
    const one = architecture([1, 1, 1]);
    expect([...balancedForm([3, 4, 0, 7], one)]).toEqual([3, 4, 0, 7]);
    const tanh = architecture([3, 6, 5, 2], 'tanh');
    expect(balancedForm(weights, tanh)).toEqual(weights);
    expect(() => balancedForm([1], one)).toThrow(/expected 4 weights, got 1/);
  });
});
