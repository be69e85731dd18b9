import type { Shape } from './dim.js';

/** Element types that our graphs use. */
export type ElementType = 'float32' | 'float16' | 'int64' | 'bool';

/** A typed input or output of a graph; symbolic dimensions are names (`batch`, `h1`). */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
}

/** A constant tensor stored in the graph, row-major. float16 data are raw 16-bit words. */
export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint16Array | BigInt64Array | Uint8Array;
}

export type AttributeValue =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] };

export interface GraphNode {
  readonly opType: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** One ONNX model as plain data: input of the verifier and the serialiser. */
export interface OnnxModel {
  readonly name: string;
  readonly irVersion: number;
  readonly opset: number;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: readonly Initializer[];
  readonly nodes: readonly GraphNode[];
  readonly metadata: Readonly<Record<string, string>>;
}
