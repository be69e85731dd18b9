import { WeightspringError } from '../errors.js';
import type { ElementType, Initializer } from './graph.js';

interface ElementTypeInfo {
  /** `TensorProto.DataType`, also the value of `Cast`'s attribute `to`. */
  readonly code: number;
  readonly bytes: number;
  /** A view of `buffer`, which must hold whole elements. */
  readonly view: (buffer: ArrayBuffer) => Initializer['data'];
}

/** Everything the program knows about an element type, in one table. */
export const ELEMENT_TYPES: Readonly<Record<ElementType, ElementTypeInfo>> = {
  float32: { code: 1, bytes: 4, view: (buffer) => new Float32Array(buffer) },
  int64: { code: 7, bytes: 8, view: (buffer) => new BigInt64Array(buffer) },
  bool: { code: 9, bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  float16: { code: 10, bytes: 2, view: (buffer) => new Uint16Array(buffer) },
};

/**
 * The element type with a given `TensorProto.DataType`.
 *
 * @throws WeightspringError `model-invalid` for a type that our graphs do not use
 */
export function elementTypeOf(code: number, what: string): ElementType {
  for (const [type, info] of Object.entries(ELEMENT_TYPES)) {
    if (info.code === code) return type as ElementType;
  }
  throw new WeightspringError(
    'model-invalid',
    `${what} has the ONNX data type ${code}; supported are ${Object.entries(ELEMENT_TYPES)
      .map(([type, info]) => `${type} (${info.code})`)
      .join(', ')}`,
  );
}

export function isFloat(type: ElementType): boolean {
  return type === 'float32' || type === 'float16';
}
