import { afterEach, describe, expect, it, vi } from 'vitest';
import { AffineKernel } from '../../../src/ops/float64/affine-kernel.js';
import { plainAffine } from '../../../src/ops/float64/plain-affine.js';
import { Random } from '../../../src/random.js';
import { assembled } from '../../support/assembled.js';

interface Operands {
  readonly x: Float32Array | Float64Array;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/** What sums and products treat in their own way, beside ordinary numbers. */
const SPECIAL = [NaN, Infinity, -Infinity, 0, -0, 5e-324, -3e-310, 1e308, -1e308];

/** @param special - the fraction of numbers that are {@link SPECIAL} */
function operands(
  random: Random,
  [rows, fanIn, fanOut]: readonly [number, number, number],
  special = 0,
): Operands {
  const numbers = (size: number): Float64Array =>
    Float64Array.from({ length: size }, () =>
      random.uniform() < special
        ? SPECIAL[Math.floor(random.uniform() * SPECIAL.length)]!
        : random.normal() * 10 ** Math.floor(random.uniform() * 8 - 4),
    );
  return { x: numbers(rows * fanIn), weight: numbers(fanIn * fanOut), bias: numbers(fanOut) };
}

/** Which numbers there are bit by bit, NaN being one: the bits within it are the processor's. */
function bitsOf(numbers: Float64Array): BigUint64Array {
  return new BigUint64Array(numbers.map((value) => (Number.isNaN(value) ? NaN : value)).buffer);
}

/** Zeros in the shape of the product. */
function roomFor({ x, weight, bias }: Operands): Float64Array {
  const rows = (x.length * bias.length) / weight.length;
  return new Float64Array(rows * bias.length);
}

/** By the kernel. */
function product(kernel: AffineKernel, factors: Operands): Float64Array {
  const out = roomFor(factors);
  expect(kernel.multiply(factors.x, factors.weight, factors.bias, out)).toBe(true);
  return out;
}

function plainProduct(factors: Operands): Float64Array {
  const out = roomFor(factors);
  plainAffine(factors.x, factors.weight, factors.bias, out);
  return out;
}

function expectPlainBits(kernel: AffineKernel, factors: Operands): void {
  expect(bitsOf(product(kernel, factors))).toEqual(bitsOf(plainProduct(factors)));
}

/** Less than a tile of four, tiles and a rest, more rows than a block, and the shapes in use. */
const SIZES = [
  ...[1, 2, 3, 4, 5, 33].flatMap((rows) =>
    [1, 3, 4, 30].flatMap((fanIn) =>
      [1, 2, 3, 4, 5, 10, 17].map((fanOut) => [rows, fanIn, fanOut] as const),
    ),
  ),
  [70, 784, 10],
  [600, 30, 16],
  [5000, 1, 1],
  [7, 20_000, 2],
] as const;

describe('AffineKernel', () => {
  it('has the bits of the plain loop for all sizes', () => {
    const random = new Random(1, 'affine');
    // One kernel, so that what an earlier product left in its memory is there.
    const kernel = new AffineKernel();
    for (const size of SIZES) expectPlainBits(kernel, operands(random, size));
  });

  it('has the bits of the plain loop on numbers that are not ordinary', () => {
    const random = new Random(2, 'affine');
    const kernel = new AffineKernel();
    for (const special of [0.02, 0.2, 1]) {
      for (const size of [
        [7, 5, 6],
        [33, 9, 10],
        [64, 30, 3],
      ] as const) {
        for (let round = 0; round < 10; round++) {
          expectPlainBits(kernel, operands(random, size, special));
        }
      }
    }
  });

  it('rounds products before it adds them', () => {
    const factors = {
      x: Float64Array.of(1 + 2 ** -30),
      weight: Float64Array.of(1 - 2 ** -30),
      bias: Float64Array.of(-1),
    };
    // Fused it would be −2^{-60}.
    expect(product(new AffineKernel(), factors)).toEqual(Float64Array.of(0));
  });

  it('widens float32', () => {
    const factors = operands(new Random(3, 'affine'), [9, 6, 5]);
    const x = Float32Array.from(factors.x);
    expect(product(new AffineKernel(), { ...factors, x })).toEqual(
      plainProduct({ ...factors, x: Float64Array.from(x) }),
    );
  });

  it('leaves operands as they are', () => {
    const { x, weight, bias } = operands(new Random(4, 'affine'), [5, 6, 7]);
    const copies = [x.slice(), weight.slice(), bias.slice()];
    product(new AffineKernel(), { x, weight, bias });
    expect([x, weight, bias]).toEqual(copies);
  });

  it('leaves products alone that need more memory than it may have', () => {
    const weight = new Float64Array(2 ** 23);
    const kernel = new AffineKernel();
    expect(kernel.multiply(new Float64Array(1), weight, weight, weight)).toBe(false);
    expectPlainBits(kernel, operands(new Random(5), [4, 4, 4]));
  });

  it('runs what affine.wat says', async () => {
    await expect(
      await assembled('ops/float64/affine.wat', 'AFFINE_WASM', 'tests/ops/float64/affine'),
    ).toMatchFileSnapshot('../../../src/ops/float64/affine-wasm.ts');
  });
});

describe('affine', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it.each(['present', 'missing'])('has the same bits where WebAssembly is %s', async (state) => {
    if (state === 'missing') vi.stubGlobal('WebAssembly', undefined);
    vi.resetModules();
    const { affine } = await import('../../../src/ops/float64/affine.js');
    for (const rows of [1, 200]) {
      const factors = operands(new Random(6, 'affine'), [rows, 30, 7], 0.01);
      const { x, weight, bias } = factors;
      expect(bitsOf(affine(x, weight, bias, rows))).toEqual(bitsOf(plainProduct(factors)));
    }
  });
});
