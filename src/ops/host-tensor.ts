/** A concrete float32 tensor outside any interpreter, row-major. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
