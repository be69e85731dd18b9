import type { Dim, Shape } from '../onnx/dim.js';

/**
 * The primitives of computations. Code is written once; each interpreter has its own `T`: float64
 * arrays (the oracle), TensorFlow.js tensors, ONNX graph nodes, or recorded expressions that can be
 * differentiated.
 *
 * All values are floating point. Binary operations broadcast as NumPy does. Interpreters that
 * record instead of computing may have symbolic dimensions, so code branches only on ranks and
 * parameters, never on values. Negative axes are not accepted.
 */
export interface TensorOps<T> {
  shape(x: T): Shape;

  /** A constant; a number is a scalar of shape []. `values` are row-major. */
  constant(values: number | ArrayLike<number>, shape?: readonly number[]): T;

  exp(x: T): T;
  /** Natural logarithm. */
  log(x: T): T;
  sqrt(x: T): T;
  sin(x: T): T;
  cos(x: T): T;
  tanh(x: T): T;
  /** The error function, 2/√π ∫₀ˣ e^{−s²} ds. */
  erf(x: T): T;
  atan(x: T): T;
  /** 1 where x > 0, else 0. Its derivative is 0. */
  step(x: T): T;

  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  div(a: T, b: T): T;
  /** Where a = b the whole derivative goes to b, so that relu as max(x, 0) has slope 0 at 0. */
  maximum(a: T, b: T): T;

  /** Sums over `axes` (all of them when omitted); reduced axes stay as size 1 with `keepDims`. */
  sum(x: T, axes?: readonly number[], keepDims?: boolean): T;
  mean(x: T, axes?: readonly number[], keepDims?: boolean): T;
  /** The largest of finite values along `axes`. Equal maxima share the derivative equally. */
  max(x: T, axes?: readonly number[], keepDims?: boolean): T;
  /** The number of elements along `axes` as a scalar: a width, possibly symbolic, as a value. */
  count(x: T, axes: readonly number[]): T;

  /** Over the last axis. */
  softmax(x: T): T;
  /** Over the last axis. */
  logSoftmax(x: T): T;
  /** `(x − mean)/√(var + ε)` over the last axis. */
  layerNorm(x: T, epsilon: number): T;

  /** `[…, m, k] × […, k, n] → […, m, n]`, ranks ≥ 2, leading axes broadcast. */
  matMul(a: T, b: T): T;
  /**
   * `x W + b`, equal to `add(matMul(x, W), b)` up to rounding: for interpreters that can do both
   * faster together; undefined for shapes where they cannot.
   */
  affine?(x: T, weight: T, bias: T): T | undefined;
  /**
   * The sum of images under a filter at every place where it fits (a convolution, as machine
   * learning uses the word), `[…, n, c, h, w] × […, o, c, k, l] → […, n, o, h − k + 1, w − l + 1]`,
   * leading axes broadcast: `y[n, o, i, j] = Σ_{c, u, v} f[o, c, u, v] x[n, c, i + u, j + v]`. The
   * last two axes have known lengths.
   */
  conv2d(x: T, filters: T): T;
  /**
   * {@link conv2d} plus a bias per output, [o], for interpreters that can do both faster together;
   * undefined for shapes where they cannot.
   */
  biasedConv2d?(x: T, filters: T, bias: T): T | undefined;
  /**
   * The largest element of every `size × size` tile of images […, h, w], of known height and width;
   * what lies behind the last whole tile is left out. Equal maxima share the derivative equally.
   */
  maxPool(x: T, size: number): T;
  /** Applies a function to each number, for interpreters that compute: one pass instead of many. */
  map?(x: T, f: (value: number) => number): T;

  transpose(x: T, permutation: readonly number[]): T;
  /** Same elements, row-major, in a new shape. */
  reshape(x: T, shape: Shape): T;
  broadcastTo(x: T, shape: Shape): T;
  concat(xs: readonly T[], axis: number): T;
  /** `size` elements from `start` along one axis. */
  slice(x: T, axis: number, start: Dim, size: Dim): T;
  /** Zeros before and after along one axis. */
  pad(x: T, axis: number, before: Dim, after: Dim): T;
}

/**
 * The names of the primitives, without the query `shape` and without what is composed of others.
 */
export type Primitive = Exclude<
  keyof TensorOps<unknown>,
  'shape' | 'affine' | 'biasedConv2d' | 'map'
>;

/** How a parameter is initialised. */
export type ParameterInit =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' }
  | { readonly kind: 'normal'; readonly std: number }
  /** For the output of a network: zero, or nearly zero where the origin has no direction. */
  | { readonly kind: 'output' };

/** A trainable tensor. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: ParameterInit;
}

/**
 * Where a network gets its parameters. The network states the name, shape and initialisation of a
 * parameter where it uses it; a recording source lists a network's parameters from these, and a
 * source of trained values returns the values.
 */
export type ParameterSource<T> = (name: string, shape: readonly number[], init: ParameterInit) => T;

/** A named input of a recorded computation; dimensions that vary are symbolic. */
export interface InputSpec {
  readonly name: string;
  readonly shape: Shape;
}
