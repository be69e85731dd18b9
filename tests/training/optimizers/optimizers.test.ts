import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/random.js';
import { ParameterAverage } from '../../../src/training/moving-average.js';
import { AdamW } from '../../../src/training/optimizers/adamw.js';
import {
  createOptimizer,
  type OptimizerOptions,
} from '../../../src/training/optimizers/create-optimizer.js';
import type { Optimizer } from '../../../src/training/optimizers/optimizer.js';
import { Sgd } from '../../../src/training/optimizers/sgd.js';

const run = (optimizer: Optimizer, start: number, gradients: number[], rate: number): number[] => {
  const parameter = Float32Array.of(start);
  return gradients.map((gradient) => {
    optimizer.update([parameter], [Float32Array.of(gradient)], rate);
    return parameter[0]!;
  });
};

describe('AdamW', () => {
  it('moves by the learning rate in its first step, whatever the gradient', () => {
    for (const gradient of [1e-3, 0.5, -40]) {
      const [after] = run(new AdamW([1]), 1, [gradient], 0.1);
      expect(after).toBeCloseTo(1 - 0.1 * Math.sign(gradient), 5);
    }
  });

  it('follows the published recursion over several steps', () => {
    // By hand, η = 0.1, λ = 0.5, gradients 1 then 2:
    // step 1: 0.95·1 − 0.1·1 = 0.85 (bias-corrected moments are 1 and 1)
    // step 2: m = 0.29, v = 0.004999; m̂ = 0.29/0.19, v̂ = 0.004999/0.001999
    const second = 0.95 * 0.85 - (0.1 * (0.29 / 0.19)) / Math.sqrt(0.004999 / 0.001999);
    const [first, then] = run(new AdamW([1], { weightDecay: 0.5 }), 1, [1, 2], 0.1);
    expect(first).toBeCloseTo(0.85, 6);
    expect(then).toBeCloseTo(second, 6);
  });

  it('decays weights apart from the gradient', () => {
    const [after] = run(new AdamW([1], { weightDecay: 0.1 }), 2, [0], 0.5);
    expect(after).toBeCloseTo(2 * (1 - 0.05), 6);
  });
});

describe('Sgd', () => {
  it('accumulates velocity and adds the L2 penalty to the gradient', () => {
    // η = 0.1, μ = 0.9, λ = 0.01, θ₀ = 1, gradients 1, 1:
    // u₁ = 1.01, θ₁ = 0.899; u₂ = 0.909 + 1 + 0.00899 = 1.91799, θ₂ = 0.707201
    const values = run(new Sgd([1], { momentum: 0.9, weightDecay: 0.01 }), 1, [1, 1], 0.1);
    expect(values[0]).toBeCloseTo(0.899, 6);
    expect(values[1]).toBeCloseTo(0.707201, 6);
  });

  it('is plain gradient descent by default', () => {
    expect(run(new Sgd([1]), 0, [1, -3], 0.5)).toEqual([-0.5, 1]);
  });
});

describe.each<OptimizerOptions>([
  { kind: 'adam', weightDecay: 0.01 },
  { kind: 'sgd', momentum: 0.9 },
])('optimiser $kind', (options) => {
  const sizes = [7, 3];

  it('continues bit-exactly from a saved state', () => {
    const random = new Random(1);
    const gradients = Array.from({ length: 6 }, () => sizes.map((size) => random.normals(size)));
    const straight = sizes.map((size) => new Float32Array(size).fill(0.3));
    const resumed = sizes.map((size) => new Float32Array(size).fill(0.3));
    const whole = createOptimizer(options, sizes);
    const before = createOptimizer(options, sizes);
    const after = createOptimizer(options, sizes);
    gradients.forEach((gradient, step) => {
      whole.update(straight, gradient, 0.01);
      if (step === 3) after.restore(before.state());
      (step < 3 ? before : after).update(resumed, gradient, 0.01);
    });
    expect(resumed).toEqual(straight);
    expect(after.state()).toEqual(whole.state());
  });

  it('saves copies, not its own arrays', () => {
    const optimizer = createOptimizer(options, [1]);
    const saved = optimizer.state();
    optimizer.update([Float32Array.of(1)], [Float32Array.of(1)], 0.1);
    expect(saved.moments[0]![0]).toBe(0);
    expect(optimizer.state().moments[0]![0]).not.toBe(0);
  });

  it('minimises a quadratic', () => {
    const parameter = Float32Array.of(5, -3);
    const optimizer = createOptimizer(options, [2]);
    for (let step = 0; step < 400; step++) {
      optimizer.update([parameter], [parameter.map((value) => value)], 0.05);
    }
    expect(Math.hypot(...parameter)).toBeLessThan(0.05);
  });

  it('scales gradients and takes the average along as separate passes would', () => {
    const random = new Random(2);
    const start = (): Float32Array[] => sizes.map((size) => new Float32Array(size).fill(0.3));
    const [together, apart] = [start(), start()];
    const [averageTogether, averageApart] = [
      new ParameterAverage(together),
      new ParameterAverage(apart),
    ];
    const [one, other] = [createOptimizer(options, sizes), createOptimizer(options, sizes)];
    for (let step = 0; step < 5; step++) {
      const gradients = sizes.map((size) => random.normals(size));
      one.update(together, gradients, 0.1, { gradientScale: 0.25, average: averageTogether });
      // A quarter is exact in float32, so nothing may differ.
      const quarters = gradients.map((gradient) => gradient.map((value) => value / 4));
      other.update(apart, quarters, 0.1);
      averageApart.update(apart);
    }
    expect(together).toEqual(apart);
    expect(one.state()).toEqual(other.state());
    expect(averageTogether.state()).toEqual(averageApart.state());
    expect(averageTogether.values).not.toEqual(together);
  });

  it('refuses parameters, gradients and states of other sizes', () => {
    const optimizer = createOptimizer(options, [2]);
    const two = new Float32Array(2);
    const three = new Float32Array(3);
    expect(() => {
      optimizer.update([two], [three], 0.1);
    }).toThrow(/parameter 0 has 2 elements in the optimiser, got 2 values and 3 gradients/);
    expect(() => {
      optimizer.update([two, two], [two, two], 0.1);
    }).toThrow(/holds 1 parameters, got 2/);
    expect(() => {
      optimizer.restore(createOptimizer(options, [3]).state());
    }).toThrow(/other sizes/);
    const other = options.kind === 'adam' ? new Sgd([2]) : new AdamW([2]);
    expect(() => {
      optimizer.restore(other.state());
    }).toThrow(/saved optimiser state is of/);
  });
});
