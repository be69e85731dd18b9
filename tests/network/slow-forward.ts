import type { Form } from './graphs.js';

/** `erf` by its Maclaurin series, which costs some digits. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const SIGMA: Readonly<Record<string, (x: number) => number>> = {
  relu: (x) => Math.max(0, x),
  tanh: (x) => (Math.exp(2 * x) - 1) / (Math.exp(2 * x) + 1),
  gelu: (x) => (x / 2) * (1 + erf(x / Math.sqrt(2))),
  silu: (x) => x / (1 + Math.exp(-x)),
};

/** A value of one row: numbers in the shape [n], or [c, h, w]. */
interface Value {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

type Fields = Readonly<Record<string, unknown>>;

/** The logits of one row by the definition of a graph, one neuron at a time. */
export function slowForward(
  { input, nodes }: Form,
  weights: ArrayLike<number>,
  row: readonly number[],
): number[] {
  const values = new Map<string, Value>([['input', { shape: input, data: row }]]);
  let offset = 0;
  let last = 'input';
  nodes.forEach((node, index) => {
    const id = node.id ?? String(index);
    const reads = (node.inputs ?? [last]).map((read) => values.get(read)!);
    const own = { at: (i: number): number => weights[offset + i]!, used: 0 };
    values.set(id, valueOf(node as unknown as Fields, reads, own));
    offset += own.used;
    last = id;
  });
  if (offset !== weights.length) throw new Error(`used ${offset} of ${weights.length} weights`);
  return [...values.get(last)!.data];
}

/** The weights of one layer; `used` is set to their number. */
interface OwnWeights {
  readonly at: (i: number) => number;
  used: number;
}

function valueOf(node: Fields, reads: readonly Value[], own: OwnWeights): Value {
  const [{ shape, data }] = reads as [Value];
  switch (node.op) {
    case 'dense': {
      const units = node.units as number;
      own.used = (data.length + 1) * units;
      const unit = (j: number): number =>
        data.reduce(
          (sum, value, i) => sum + value * own.at(i * units + j),
          own.at(data.length * units + j),
        );
      return { shape: [units], data: Array.from({ length: units }, (_, j) => unit(j)) };
    }
    case 'activation':
      return { shape, data: data.map(SIGMA[node.function as string]!) };
    case 'add':
      return {
        shape,
        data: data.map((_, j) => reads.reduce((sum, term) => sum + term.data[j]!, 0)),
      };
    case 'flatten':
      return { shape: [data.length], data };
    case 'conv2d':
      return convolved(node, reads[0]!, own);
    case 'depthwise-conv2d':
      return convolvedApart(node, reads[0]!, own);
    case 'global-avg-pool': {
      const means = pooled(reads[0]!, shape[1]!, 1, shape[2]!, mean);
      return { shape: [shape[0]!], data: means.data };
    }
    default: {
      const size = node.size as number;
      const stride = (node.stride as number | undefined) ?? size;
      return pooled(reads[0]!, size, stride, size, node.op === 'max-pool' ? largest : mean);
    }
  }
}

const largest = (values: readonly number[]): number => Math.max(...values);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function pooled(
  { shape, data }: Value,
  height: number,
  stride: number,
  width: number,
  combine: (values: readonly number[]) => number,
): Value {
  const [channels, h, w] = shape as [number, number, number];
  const rows = Math.floor((h - height) / stride) + 1;
  const columns = Math.floor((w - width) / stride) + 1;
  const result: number[] = [];
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const under = Array.from({ length: height * width }, (_, at) => {
          const y = i * stride + Math.floor(at / width);
          return data[(c * h + y) * w + j * stride + (at % width)]!;
        });
        result.push(combine(under));
      }
    }
  }
  return { shape: [channels, rows, columns], data: result };
}

function convolved(node: Fields, { shape, data }: Value, own: OwnWeights): Value {
  const [channels, h, w] = shape as [number, number, number];
  const [outputs, k] = [node.channels as number, node.kernel as number];
  const stride = (node.stride as number | undefined) ?? 1;
  const padding = (node.padding as number | undefined) ?? 0;
  const rows = Math.floor((h + 2 * padding - k) / stride) + 1;
  const columns = Math.floor((w + 2 * padding - k) / stride) + 1;
  const biases = channels * k * k * outputs;
  own.used = biases + outputs;
  const result: number[] = [];
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = own.at(biases + o);
        for (let at = 0; at < channels * k * k; at++) {
          const c = Math.floor(at / (k * k));
          const y = i * stride - padding + (Math.floor(at / k) % k);
          const x = j * stride - padding + (at % k);
          if (y < 0 || y >= h || x < 0 || x >= w) continue;
          sum += own.at(at * outputs + o) * data[(c * h + y) * w + x]!;
        }
        result.push(sum);
      }
    }
  }
  return { shape: [outputs, rows, columns], data: result };
}

/** Every channel by itself: as a convolution of one channel to one. */
function convolvedApart(node: Fields, { shape, data }: Value, own: OwnWeights): Value {
  const [channels, h, w] = shape as [number, number, number];
  const k = node.kernel as number;
  const biases = channels * k * k;
  own.used = biases + channels;
  const apart = Array.from({ length: channels }, (_, c) => {
    const kernel = Array.from({ length: k * k }, (__, at) => own.at(c * k * k + at));
    const weights = [...kernel, own.at(biases + c)];
    const image = { shape: [1, h, w], data: data.slice(c * h * w, (c + 1) * h * w) };
    return convolved({ ...node, channels: 1 }, image, { used: 0, at: (i) => weights[i]! });
  });
  const [, ...sides] = apart[0]!.shape;
  return { shape: [channels, ...sides], data: apart.flatMap((value) => value.data) };
}
