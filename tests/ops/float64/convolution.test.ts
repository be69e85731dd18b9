import { describe, expect, it } from 'vitest';
import { ConvolutionKernel } from '../../../src/ops/float64/convolution-kernel.js';
import { plainConvolution } from '../../../src/ops/float64/plain-convolution.js';
import { Random } from '../../../src/random.js';
import { assembled } from '../../support/assembled.js';

/** Images, channels, height, width, height and width of a filter, outputs. */
const SIZES = [
  [2, 1, 28, 28, 5, 5, 8],
  [2, 8, 12, 12, 5, 5, 6],
  [3, 6, 4, 4, 2, 2, 4],
  // Rows of 1 to 5 places, single outputs, filters that are not square or as large as the image.
  ...[1, 2, 3, 4, 5].map((columns) => [2, 3, 4, columns + 1, 3, 2, columns] as const),
  [1, 2, 3, 7, 3, 7, 1],
  [4, 5, 6, 3, 1, 1, 9],
] as const;

const SPECIAL = [NaN, Infinity, -Infinity, 0, -0, 5e-324, 1e308, -1e308];

function operands(
  random: Random,
  [images, channels, height, width, k, l, outputs]: (typeof SIZES)[number],
  special = 0,
) {
  const numbers = (size: number): Float64Array =>
    Float64Array.from({ length: size }, () =>
      random.uniform() < special ? SPECIAL[random.integer(SPECIAL.length)]! : random.normal(),
    );
  const places = (height - k + 1) * (width - l + 1);
  return {
    x: numbers(images * channels * height * width),
    filters: numbers(channels * k * l * outputs),
    bias: numbers(outputs),
    sizes: { images, channels, height, width, k, l },
    room: () => new Float64Array(images * outputs * places),
  };
}

/** Which numbers there are bit by bit, NaN being one. */
function bitsOf(numbers: Float64Array): BigUint64Array {
  return new BigUint64Array(numbers.map((value) => (Number.isNaN(value) ? NaN : value)).buffer);
}

function expectPlainBits(
  kernel: ConvolutionKernel,
  { x, filters, bias, sizes, room }: ReturnType<typeof operands>,
): void {
  const [out, plain] = [room(), room()];
  expect(kernel.convolve(x, filters, bias, out, sizes)).toBe(true);
  plainConvolution(x, filters, bias, plain, sizes);
  expect(bitsOf(out), JSON.stringify(sizes)).toEqual(bitsOf(plain));
}

describe('ConvolutionKernel', () => {
  it('has the bits of the plain loop for all sizes, on extraordinary numbers too', () => {
    const random = new Random(1, 'convolution');
    // One kernel, so that what an earlier convolution left in its memory is there.
    const kernel = new ConvolutionKernel();
    for (const special of [0, 0.05, 1]) {
      for (const size of SIZES) expectPlainBits(kernel, operands(random, size, special));
    }
  });

  it('leaves images alone that need more memory than it may have', () => {
    const kernel = new ConvolutionKernel();
    const large = new Float64Array(2 ** 23);
    const sizes = { images: 1, channels: 1, height: 2 ** 12, width: 2 ** 11, k: 1, l: 1 };
    const one = Float64Array.of(1);
    expect(kernel.convolve(large, one, one, large, sizes)).toBe(false);
    expectPlainBits(kernel, operands(new Random(2), SIZES[0]));
  });

  it('runs what convolve.wat says', async () => {
    await expect(
      await assembled('ops/float64/convolve.wat', 'CONVOLVE_WASM', 'tests/ops/float64/convolution'),
    ).toMatchFileSnapshot('../../../src/ops/float64/convolve-wasm.ts');
  });
});
