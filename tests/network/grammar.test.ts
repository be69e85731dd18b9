import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  architecture,
  architectureIn,
  architectureKey,
  architectureName,
  graphArchitecture,
  withActivation,
  type Architecture,
  type ArchitectureNode,
} from '../../src/network/architecture.js';
import { architectureFields } from '../../src/network/architecture-fields.js';
import {
  architectureSchema,
  architectureWith,
  completeArchitecture,
  parseArchitecture,
} from '../../src/network/grammar.js';
import { MAX_NODES } from '../../src/network/graph.js';
import { LAYER_OPS } from '../../src/network/layers/registry.js';
import { networkOf } from '../../src/network/network.js';
import { Random } from '../../src/random.js';

const RELU = { op: 'activation', function: 'relu' } as const;
const dense = (units: number): ArchitectureNode => ({ op: 'dense', units });

/** 30 → 16, a residual block of 8 inside, → 2. */
const RESIDUAL = {
  input: [30],
  nodes: [
    { ...dense(16), id: 'stem' },
    RELU,
    dense(8),
    RELU,
    { ...dense(16), id: 'block' },
    { op: 'add', inputs: ['stem', 'block'] },
    dense(2),
  ],
} as const;

const graphOf = (...nodes: unknown[]): unknown => ({ input: [30], nodes });

describe('the grammar of architectures', () => {
  it('takes widths, with an activation or without', () => {
    const bare = parseArchitecture({ layers: [30, 16, 2] });
    expect(bare).toEqual({ layers: [30, 16, 2] });
    expect(completeArchitecture(bare, 'tanh')).toEqual(architecture([30, 16, 2], 'tanh'));
    const named = parseArchitecture({ layers: [30, 16, 2], activation: 'gelu' });
    expect(completeArchitecture(named, 'tanh')).toEqual(architecture([30, 16, 2], 'gelu'));
  });

  it('takes graphs, and knows them again whatever is written out', () => {
    const arch = parseArchitecture(RESIDUAL) as Architecture;
    expect(arch).toEqual(RESIDUAL);
    expect(completeArchitecture(arch, 'tanh')).toBe(arch);
    const spelled = parseArchitecture({
      nodes: RESIDUAL.nodes.map((node, index) => {
        const before = RESIDUAL.nodes[index - 1];
        const previous =
          index === 0
            ? 'input'
            : before !== undefined && 'id' in before
              ? before.id
              : `${index - 1}`;
        const fields = { inputs: [previous], id: String(index), ...node };
        return Object.fromEntries(Object.entries(fields).reverse());
      }),
      input: [30],
    }) as Architecture;
    expect(JSON.stringify(spelled)).toBe(JSON.stringify(arch));
    expect(architectureKey(spelled)).toBe(architectureKey(arch));
  });

  it('writes a perceptron as widths, however it came', () => {
    const tanh = { op: 'activation', function: 'tanh' } as const;
    expect(graphArchitecture({ input: [30], nodes: [dense(16), tanh, dense(2)] })).toEqual({
      layers: [30, 16, 2],
      activation: 'tanh',
    });
    // Other names would be other tensors in its files.
    const named = graphArchitecture({
      input: [30],
      nodes: [{ ...dense(16), id: 'a' }, tanh, dense(2)],
    });
    expect(named).toHaveProperty('nodes');
  });

  it('comes back from JSON as it went, by key, name and parameters', () => {
    const random = new Random(5, 'graphs');
    for (let round = 0; round < 50; round++) {
      const arch = randomGraph(random);
      const text = JSON.stringify(arch);
      const back = architectureSchema.parse(JSON.parse(text));
      expect(JSON.stringify(back)).toBe(text);
      expect(architectureKey(back)).toBe(architectureKey(arch));
      expect(networkOf(back).slots).toEqual(networkOf(arch).slots);
      expect(networkOf(back).activation).toBe(networkOf(arch).activation);
    }
  });

  it('gives keys that stay in tables and file names', () => {
    const arch = parseArchitecture(RESIDUAL) as Architecture;
    expect(architectureKey(arch)).toMatch(/^30-graph-[0-9a-f]{16}$/);
    expect(architectureName(arch)).toBe(architectureKey(arch));
    expect(architectureKey(architecture([30, 16, 2]))).toBe('30-16-2/relu');
    expect(architectureName(architecture([30, 16, 2]))).toBe('30-16-2');
    const other = { ...RESIDUAL, nodes: [...RESIDUAL.nodes.slice(0, -1), dense(3)] };
    expect(architectureKey(graphArchitecture(other))).not.toBe(architectureKey(arch));
  });

  it('stands in records with other fields', () => {
    const schema = architectureWith({ runs: z.int() });
    const record = schema.parse({ ...RESIDUAL, runs: 3 });
    expect(record).toEqual({ ...RESIDUAL, runs: 3 });
    expect(architectureIn(record)).toEqual(RESIDUAL);
    expect(schema.parse({ layers: [30, 2], activation: 'relu', runs: 3 })).toEqual({
      layers: [30, 2],
      activation: 'relu',
      runs: 3,
    });
    expect(schema.safeParse({ layers: [30, 2], runs: 3 }).success).toBe(false);
    expect(schema.safeParse({ ...RESIDUAL, runs: 3, more: 1 }).success).toBe(false);
    const loose = architectureWith({ runs: z.int() }, { isStrict: false });
    expect(loose.parse({ ...RESIDUAL, runs: 3, more: 1 })).toEqual({ ...RESIDUAL, runs: 3 });
  });

  it('exchanges the activation of perceptrons only', () => {
    expect(withActivation(architecture([3, 4, 2]), 'silu')).toEqual(
      architecture([3, 4, 2], 'silu'),
    );
    const graph = graphArchitecture(RESIDUAL);
    expect(withActivation(graph, 'silu')).toBe(graph);
  });

  it('names its fields as they are written', () => {
    const { whole, input, output, group } = architectureFields(architecture([30, 16, 2]));
    expect([whole, input, output, group(0)]).toEqual([
      'architecture.layers',
      'architecture.layers[0]',
      'architecture.layers[2]',
      'architecture.layers[1]',
    ]);
    const fields = architectureFields(graphArchitecture(RESIDUAL));
    expect([fields.whole, fields.input, fields.output]).toEqual([
      'architecture.nodes',
      'architecture.input',
      'architecture.nodes[6]',
    ]);
  });
});

describe('what is no architecture', () => {
  const OPS = new RegExp(`expected an op of ${LAYER_OPS.join(', ')}`);
  const long = Array.from({ length: 1_000_000 }, () => ({ op: 'dense', units: 'x' }));

  it.each<[string, unknown, string, RegExp]>([
    ['a number', 3, '', /expected an object, got (3|null)/],
    ['null', null, '', /expected an object, got (3|null)/],
    ['nothing', {}, '.layers', /expected an array, got nothing/],
    ['one width', { layers: [30] }, '.layers', /at least 2 elements, got an array of 1/],
    ['a width as text', { layers: [30, '2'] }, '.layers[1]', /expected a number, got "2"/],
    [
      'a width beyond all use',
      { layers: [30, 2 ** 40, 2] },
      '.layers[1]',
      /expected at most 1048576, got/,
    ],
    ['65 widths', { layers: Array(65).fill(2) }, '.layers', /at most 64 elements/],
    ['both forms', { layers: [30, 2], ...RESIDUAL }, '.layers', /no such field is known/],
    ['no input', { nodes: RESIDUAL.nodes }, '.input', /expected an array, got nothing/],
    [
      'an input of five axes',
      { ...RESIDUAL, input: [2, 2, 2, 2, 2] },
      '.input',
      /at most 4 elements, got an array of 5/,
    ],
    ['an input that is no row', { ...RESIDUAL, input: [3, 10] }, '.nodes[0]', /'stem'.*\[3, 10\]/],
    ['no nodes', graphOf(), '.nodes', /at least 1 element, got an array of 0/],
    ['a million nodes', { input: [30], nodes: long }, '.nodes', /at most 1024 elements/],
    ['an unknown op', graphOf(dense(2), { op: 'unheard-of' }), '.nodes[1].op', OPS],
    ['an op of an object', graphOf({ op: 'toString' }), '.nodes[0].op', OPS],
    ['no op', graphOf({ units: 2 }), '.nodes[0].op', /an op of .*, got nothing/],
    [
      'an unknown field',
      graphOf({ ...dense(2), bias: false }),
      '.nodes[0].bias',
      /no such field is known/,
    ],
    ['units as text', graphOf({ op: 'dense', units: '2' }), '.nodes[0].units', /expected a number/],
    ['too many units', graphOf(dense(2 ** 30)), '.nodes[0].units', /expected at most 1048576, got/],
    ['an id with a slash', graphOf({ ...dense(2), id: '../a' }), '.nodes[0].id', /letters, digits/],
    ['a long id', graphOf({ ...dense(2), id: 'a'.repeat(65) }), '.nodes[0].id', /64 letters/],
    [
      'an id twice',
      graphOf({ ...dense(2), id: 'a' }, { ...dense(2), id: 'a' }),
      '.nodes[1]',
      /called 'a'/,
    ],
    ['the id of the input', graphOf({ ...dense(2), id: 'input' }), '.nodes[0]', /called 'input'/],
    [
      'a circle',
      graphOf({ ...dense(2), id: 'a', inputs: ['b'] }, { ...dense(2), id: 'b' }),
      '.nodes[0]',
      /'a' reads 'b', which is no node before it/,
    ],
    ['itself', graphOf({ ...dense(2), id: 'a', inputs: ['a'] }), '.nodes[0]', /reads 'a'/],
    [
      'a node that nothing reads',
      graphOf(dense(2), { ...dense(2), id: 'b', inputs: ['input'] }),
      '.nodes',
      /nothing reads '0'/,
    ],
    [
      'a sum of two widths',
      graphOf(
        { ...dense(3), id: 'a' },
        { ...dense(2), id: 'b' },
        { op: 'add', inputs: ['a', 'b'] },
      ),
      '.nodes[2]',
      /node '2': .*\[3\] and \[2\]/,
    ],
    [
      'a sum without inputs',
      graphOf(dense(2), { op: 'add' }),
      '.nodes[1].inputs',
      /2 to 16 inputs of a node add, got nothing/,
    ],
    [
      'a sum of one',
      graphOf(dense(2), { op: 'add', inputs: ['0'] }),
      '.nodes[1].inputs',
      /2 to 16 inputs of a node add, got an array of 1/,
    ],
    [
      'a layer of two',
      graphOf(dense(2), { ...dense(2), inputs: ['0', '0'] }),
      '.nodes[1].inputs',
      /the one input of a node dense, got an array of 2/,
    ],
    ['no weights', graphOf(RELU), '.nodes', /none of its nodes has weights/],
  ])('%s: says where and why', (_name, value, field, message) => {
    const refused = expect.objectContaining({
      code: 'invalid-argument',
      field: `architecture${field}`,
      message: expect.stringMatching(message) as unknown,
    }) as unknown;
    let error: unknown;
    try {
      parseArchitecture(value);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toEqual(refused);
  });

  it('is known before anything large is made of it: the longest graph is small work', () => {
    const nodes = Array.from({ length: MAX_NODES - 2 }, () => ({ ...dense(2 ** 20) }));
    const arch = parseArchitecture(graphOf(...nodes, RELU, dense(2))) as Architecture;
    const { parameters } = networkOf(arch);
    expect(Number.isSafeInteger(parameters)).toBe(true);
    expect(parameters).toBeGreaterThan(2 ** 49);
  });
});

/** A stem, some residual blocks and a head. */
function randomGraph(random: Random): Architecture {
  const width = 1 + random.integer(6);
  const nodes: ArchitectureNode[] = [{ ...dense(width), id: 'stem' }];
  let before = 'stem';
  for (let block = random.integer(3); block > 0; block--) {
    const name = `block.${block}`;
    nodes.push({ op: 'activation', function: random.integer(2) === 0 ? 'relu' : 'tanh' });
    if (random.integer(2) === 0) nodes.push(dense(1 + random.integer(6)), RELU);
    nodes.push({ ...dense(width), id: name });
    nodes.push({ op: 'add', inputs: [before, name], id: `${name}.sum` });
    before = `${name}.sum`;
  }
  return graphArchitecture({ input: [1 + random.integer(5)], nodes: [...nodes, dense(2)] });
}
