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

/** The logits of one row by the definition of a graph, one neuron at a time. */
export function slowForward(
  { nodes }: Form,
  weights: ArrayLike<number>,
  row: readonly number[],
): number[] {
  const values = new Map<string, number[]>([['input', [...row]]]);
  let offset = 0;
  let last = 'input';
  nodes.forEach((node, index) => {
    const id = node.id ?? String(index);
    const reads = (node.inputs ?? [last]).map((read) => values.get(read)!);
    const [x] = reads as [number[]];
    if (node.op === 'dense') {
      const units = node.units as number;
      const bias = offset + x.length * units;
      values.set(
        id,
        Array.from({ length: units }, (_, j) =>
          x.reduce(
            (sum, value, i) => sum + value * weights[offset + i * units + j]!,
            weights[bias + j]!,
          ),
        ),
      );
      offset = bias + units;
    } else if (node.op === 'activation') {
      values.set(id, x.map(SIGMA[node.function]!));
    } else {
      values.set(
        id,
        x.map((_, j) => reads.reduce((sum, term) => sum + term[j]!, 0)),
      );
    }
    last = id;
  });
  if (offset !== weights.length) throw new Error(`used ${offset} of ${weights.length} weights`);
  return values.get(last)!;
}
