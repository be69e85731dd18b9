import { expect, it } from 'vitest';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { edgeAttention } from '../../src/velocity/edge-attention.js';

const [BATCH, WIDTH, EDGE_WIDTH, HEADS] = [2, 6, 4, 2];
const LAYERS = [3, 4, 2];
const OPTIONS = { width: WIDTH, edgeWidth: EDGE_WIDTH, heads: HEADS };

const ops = new ReferenceOps();
const random = (shape: readonly number[], name: string): ReferenceTensor =>
  tensor(new Random(4, name).normals(shape.reduce((size, dim) => size * dim, 1)), shape);
const setOf = (layer: number): string => `layer ${layer}`;
const nodes = LAYERS.map((neurons, layer) => random([BATCH, neurons, WIDTH], `layer ${layer}`));
const edges = LAYERS.slice(1).map((neurons, index) => ({
  name: `w${index}`,
  from: setOf(index),
  to: setOf(index + 1),
  features: random([BATCH, LAYERS[index]!, neurons, EDGE_WIDTH], `edges ${index}`),
}));
const parameter = (name: string, shape: readonly number[]): ReferenceTensor => random(shape, name);

/** `x·W + b` with the parameters of that name; b is left out where `bias` is false. */
function map(name: string, x: readonly number[], out: number, bias = true): readonly number[] {
  const weight = parameter(`${name}.weight`, [x.length, out]).data;
  const shift = parameter(`${name}.bias`, [out]).data;
  return Array.from({ length: out }, (_, column) =>
    x.reduce(
      (sum, value, row) => sum + value * weight[row * out + column]!,
      bias ? shift[column]! : 0,
    ),
  );
}

function node(batch: number, layer: number, neuron: number): readonly number[] {
  const start = (batch * LAYERS[layer]! + neuron) * WIDTH;
  return [...nodes[layer]!.data.subarray(start, start + WIDTH)];
}

/** The normalised features of the weight from one neuron to one of the next layer. */
function edge(batch: number, layer: number, from: number, to: number): readonly number[] {
  const start = ((batch * LAYERS[layer]! + from) * LAYERS[layer + 1]! + to) * EDGE_WIDTH;
  const values = [...edges[layer]!.features.data.subarray(start, start + EDGE_WIDTH)];
  const mean = values.reduce((sum, value) => sum + value, 0) / EDGE_WIDTH;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / EDGE_WIDTH;
  return values.map((value) => (value - mean) / Math.sqrt(variance + 1e-5));
}

const plus = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.map((value, index) => value + b[index]!);

/** What one neuron hears, neighbour by neighbour, with a query, a key and a value per edge. */
function heard(batch: number, layer: number, neuron: number): readonly number[] {
  const own = node(batch, layer, neuron);
  const neighbours = [
    ...Array.from({ length: LAYERS[layer - 1] ?? 0 }, (_, other) => ({
      direction: 'incoming',
      features: node(batch, layer - 1, other),
      link: edge(batch, layer - 1, other, neuron),
    })),
    ...Array.from({ length: LAYERS[layer + 1] ?? 0 }, (_, other) => ({
      direction: 'outgoing',
      features: node(batch, layer + 1, other),
      link: edge(batch, layer, neuron, other),
    })),
  ];
  let total: readonly number[] = new Array<number>(WIDTH).fill(0);
  for (const direction of ['incoming', 'outgoing']) {
    if (neighbours.some((neighbour) => neighbour.direction === direction)) {
      total = plus(total, [...parameter(`a.${direction}.value.bias`, [WIDTH]).data]);
    }
  }
  for (let head = 0; head < HEADS; head++) {
    const size = WIDTH / HEADS;
    const scores = neighbours.map(({ direction, features, link }) => {
      const query = plus(
        map(`a.${direction}.query`, own, WIDTH, false),
        map('a.edge.query', link, WIDTH, false),
      );
      const key = plus(
        map(`a.${direction}.key`, features, WIDTH, false),
        map('a.edge.key', link, WIDTH, false),
      );
      return (
        query
          .slice(head * size, (head + 1) * size)
          .reduce((sum, value, index) => sum + value * key[head * size + index]!, 0) /
        Math.sqrt(size)
      );
    });
    const sum = scores.reduce((partial, score) => partial + Math.exp(score), 0);
    neighbours.forEach(({ direction, features, link }, index) => {
      const share = Math.exp(scores[index]!) / sum;
      const message = [...link, ...features].map((value) => share * value);
      const all = new Array<number>(HEADS * message.length).fill(0);
      all.splice(head * message.length, message.length, ...message);
      total = plus(total, map(`a.${direction}.value`, all, WIDTH, false));
    });
  }
  return total;
}

it('is attention with a query, a key and a value for every edge, one softmax over both sides (1e-10)', () => {
  const sets = new Map(nodes.map((node, layer) => [setOf(layer), node]));
  const heardBySet = edgeAttention(ops, parameter, 'a', sets, edges, OPTIONS);
  const actual = LAYERS.map((_, layer) => heardBySet.get(setOf(layer))!);
  expect(actual.map(({ shape }) => shape)).toEqual(nodes.map(({ shape }) => shape));
  actual.forEach(({ data }, layer) => {
    const expected = Array.from({ length: BATCH }, (_, batch) =>
      Array.from({ length: LAYERS[layer]! }, (_, neuron) => heard(batch, layer, neuron)),
    ).flat(2);
    expected.forEach((value, index) => {
      expect(Math.abs(data[index]! - value), `layer ${layer}, element ${index}`).toBeLessThan(
        1e-10,
      );
    });
  });
});
