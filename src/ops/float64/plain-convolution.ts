import type { ConvolutionSizes } from './convolution-kernel.js';

/** What `ConvolutionKernel.convolve` computes, one sum at a time. */
export function plainConvolution(
  x: Float64Array,
  filters: Float64Array,
  bias: Float64Array,
  out: Float64Array,
  { images, channels, height, width, k, l }: ConvolutionSizes,
): void {
  const outputs = bias.length;
  let to = 0;
  for (let image = 0; image < images; image++) {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i <= height - k; i++) {
        for (let j = 0; j <= width - l; j++, to++) {
          let sum = bias[o] as number;
          let weight = o;
          for (let c = 0; c < channels; c++) {
            for (let u = i; u < i + k; u++) {
              const line = ((image * channels + c) * height + u) * width;
              for (let v = j; v < j + l; v++, weight += outputs) {
                sum += (filters[weight] as number) * (x[line + v] as number);
              }
            }
          }
          out[to] = sum;
        }
      }
    }
  }
}
