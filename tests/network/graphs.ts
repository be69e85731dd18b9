import {
  graphArchitecture,
  graphOf,
  type ArchitectureNode,
  type GraphForm,
} from '../../src/network/architecture.js';
import { findNeurons, type NeuronTable } from '../../src/network/neurons.js';
import type { Activation } from '../../src/network/layers/activation.js';

export { graphArchitecture, graphOf };
export type Form = GraphForm;

/** A dense layer, with an id and inputs where they matter. */
export function dense(units: number, id?: string, inputs?: readonly string[]): ArchitectureNode {
  return { op: 'dense', units, ...(id && { id }), ...(inputs && { inputs }) };
}

export function activation(name: Activation, id?: string): ArchitectureNode {
  return { op: 'activation', function: name, ...(id && { id }) };
}

export function add(inputs: readonly string[], id?: string): ArchitectureNode {
  return { op: 'add', inputs, ...(id && { id }) };
}

/** A convolution, with an id, inputs, stride and padding where they matter. */
export function conv(
  channels: number,
  kernel: number,
  rest: {
    readonly id?: string;
    readonly inputs?: readonly string[];
    readonly stride?: number;
    readonly padding?: number;
  } = {},
): ArchitectureNode {
  return { op: 'conv2d', channels, kernel, ...rest };
}

/** A convolution of every channel by itself, with what matters of the rest. */
export function depthwise(
  kernel: number,
  rest: { readonly id?: string; readonly stride?: number; readonly padding?: number } = {},
): ArchitectureNode {
  return { op: 'depthwise-conv2d', kernel, ...rest };
}

export function flatten(id?: string): ArchitectureNode {
  return { op: 'flatten', ...(id && { id }) };
}

export function pool(
  op: 'max-pool' | 'avg-pool' | 'global-avg-pool',
  rest: {
    readonly id?: string;
    readonly inputs?: readonly string[];
    readonly size?: number;
    readonly stride?: number;
  } = {},
): ArchitectureNode {
  return { op, ...rest } as ArchitectureNode;
}

/** The field's standard small network on images: convolutions with pooling, then dense layers. */
export const SMALL_CNN: Form = {
  input: [2, 12, 11],
  nodes: [
    conv(4, 3),
    pool('max-pool', { size: 2 }),
    activation('relu'),
    conv(5, 2),
    activation('relu'),
    pool('avg-pool', { size: 2 }),
    flatten(),
    dense(6),
    activation('relu'),
    dense(3),
  ],
};

/** A residual network on images: a stem, a block around it, a strided projection, a global mean. */
export const RESIDUAL_CNN: Form = {
  input: [1, 8, 8],
  nodes: [
    conv(4, 3, { padding: 1 }),
    activation('relu', 'x1'),
    conv(5, 3, { padding: 1 }),
    activation('relu'),
    conv(4, 3, { padding: 1, id: 'up1' }),
    add(['up1', 'x1']),
    activation('relu', 'x2'),
    conv(6, 3, { padding: 1, stride: 2 }),
    activation('relu'),
    conv(6, 3, { padding: 1, id: 'up2' }),
    conv(6, 1, { stride: 2, inputs: ['x2'], id: 'projection' }),
    add(['up2', 'projection']),
    activation('relu'),
    pool('global-avg-pool'),
    dense(3),
  ],
};

/** Convolutions of each channel by itself between those of one place, without and with padding. */
export const DEPTHWISE: Form = {
  input: [2, 7, 6],
  nodes: [
    conv(4, 2),
    depthwise(3, { stride: 2 }),
    activation('relu'),
    conv(5, 1),
    depthwise(2, { padding: 1 }),
    activation('relu'),
    pool('global-avg-pool'),
    dense(3),
  ],
};

/**
 * A residual perceptron of two blocks dense–σ–dense: around the first a skip connection, around the
 * second a projection to another width.
 */
export function residual(name: Activation = 'relu'): Form {
  return {
    input: [5],
    nodes: [
      dense(6, 'stem'),
      activation(name, 'x1'),
      dense(7, 'down1'),
      activation(name),
      dense(6, 'up1'),
      add(['up1', 'x1']),
      activation(name, 'x2'),
      dense(4, 'down2'),
      activation(name),
      dense(8, 'up2'),
      dense(8, 'projection', ['x2']),
      add(['up2', 'projection']),
      activation(name),
      dense(3, 'head'),
    ],
  };
}

/** The same with the projection before its block, so that its group opens before the block's. */
export const PROJECTION_FIRST: Form = {
  input: [5],
  nodes: [
    dense(6, 'stem'),
    activation('relu', 'x1'),
    dense(8, 'projection'),
    dense(4, 'down', ['x1']),
    activation('relu'),
    dense(8, 'up'),
    add(['up', 'projection']),
    activation('relu'),
    dense(3, 'head'),
  ],
};

/** A block of one dense layer, from a residual group to itself, with a block inside another. */
export const NESTED: Form = {
  input: [4],
  nodes: [
    dense(6, 'stem'),
    activation('relu', 'x1'),
    dense(6, 'self'),
    activation('relu', 'inner'),
    dense(5, 'down'),
    activation('relu'),
    dense(6, 'up'),
    add(['up', 'inner'], 'block'),
    add(['block', 'x1', 'self']),
    activation('relu'),
    dense(2, 'head'),
  ],
};

/** A projection of the features that skips a residual block. */
export const LONG_SKIP: Form = {
  input: [5],
  nodes: [
    dense(8, 'skip'),
    dense(6, 'stem', ['input']),
    activation('relu', 'x1'),
    dense(7, 'down'),
    activation('relu'),
    dense(6, 'up'),
    add(['up', 'x1']),
    activation('relu'),
    dense(8, 'end'),
    add(['end', 'skip']),
    activation('relu'),
    dense(3, 'head'),
  ],
};

/** Two groups that write each other, from values that neither of them has reached. */
export const MUTUAL: Form = {
  input: [4],
  nodes: [
    dense(5, 'a'),
    activation('relu', 'a-relu'),
    dense(6, 'b', ['input']),
    activation('relu', 'b-relu'),
    dense(5, 'b-to-a'),
    add(['b-to-a', 'a'], 'sum-a'),
    activation('relu', 'out-a'),
    dense(6, 'a-to-b', ['a-relu']),
    add(['a-to-b', 'b']),
    activation('relu', 'out-b'),
    dense(3, 'head-a', ['out-a']),
    dense(3, 'head-b', ['out-b']),
    add(['head-a', 'head-b']),
  ],
};

/** Graphs of relu layers by name: with several writers of a group, and on images. */
export const GRAPH_FORMS: Readonly<Record<string, Form>> = {
  'two blocks with a projection': residual(),
  'a projection before its block': PROJECTION_FIRST,
  'a projection that skips a block': LONG_SKIP,
  'nested blocks, one of a single layer': NESTED,
  'two groups that write each other': MUTUAL,
  'convolutions and pooling': SMALL_CNN,
  'residual convolutions': RESIDUAL_CNN,
  'depthwise convolutions': DEPTHWISE,
};

/** What every value of a graph runs along, as a record. */
export function neuronNames(form: Form): Readonly<Record<string, string>> {
  return Object.fromEntries(tableOf(form).ofValue);
}

export function tableOf(form: Form): NeuronTable {
  return findNeurons<number>(graphOf(form));
}
