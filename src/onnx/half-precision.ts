import { ELEMENT_TYPES } from './element-type.js';
import { decodeFloat16, encodeFloat16 } from '../files/float16.js';
import type { GraphNode, Initializer, OnnxModel } from './graph.js';

/**
 * A model that stores some of its float32 initialisers as float16 and computes in float32 all the
 * same: each keeps its name, and a `Cast` behind it serves its readers. Half the file, for about
 * three digits of each number.
 *
 * @param names - of the initialisers; others stay as they are
 * @throws WeightspringError `invalid-argument` for a number that float16 cannot hold
 */
export function storeInHalfPrecision(model: OnnxModel, names: ReadonlySet<string>): OnnxModel {
  const halves = new Map(
    model.initializers.flatMap(({ name, data }) =>
      names.has(name) && data instanceof Float32Array ? [[name, encodeFloat16(data)]] : [],
    ),
  );
  const read = (name: string): string => (halves.has(name) ? `${name}:float32` : name);
  const casts = [...halves.keys()].map((name): GraphNode => ({
    opType: 'Cast',
    name: `Cast ${name}`,
    inputs: [name],
    outputs: [read(name)],
    attributes: { to: { kind: 'int', value: ELEMENT_TYPES.float32.code } },
  }));
  return {
    ...model,
    initializers: model.initializers.map((initializer) => {
      const data = halves.get(initializer.name);
      return data === undefined ? initializer : { ...initializer, type: 'float16', data };
    }),
    nodes: [...casts, ...model.nodes.map((node) => ({ ...node, inputs: node.inputs.map(read) }))],
  };
}

/** The numbers of a floating-point initialiser, or undefined for one of another type. */
export function floatsOf({ type, data }: Initializer): Float32Array | undefined {
  if (data instanceof Float32Array) return data;
  return type === 'float16' && data instanceof Uint16Array ? decodeFloat16(data) : undefined;
}
