import type { HostTensor } from '../ops/host-tensor.js';
import type { InputSpec, ParameterSpec, TensorOps } from '../ops/tensor-ops.js';

/** A scalar loss of parameters and inputs, written once for every engine. */
export interface LossProgram {
  readonly parameters: readonly ParameterSpec[];
  /** Symbolic dimensions vary from call to call (batch size, hidden widths). */
  readonly inputs: readonly InputSpec[];
  loss<T>(ops: TensorOps<T>, parameters: ReadonlyMap<string, T>, inputs: ReadonlyMap<string, T>): T;
}

export interface LossAndGradients {
  readonly loss: number;
  /** One per parameter, in the order of `LossProgram.parameters`, of the parameter's size. */
  readonly gradients: readonly Float32Array[];
}

/** A compiled program: evaluates the loss and its gradient by every parameter. */
export interface GradientFunction {
  /**
   * @param parameters - values in the order of `LossProgram.parameters`, row-major
   * @param inputs - in the order of `LossProgram.inputs`
   * The returned arrays may be reused by the next call.
   */
  evaluate(
    parameters: readonly Float32Array[],
    inputs: readonly HostTensor[],
  ): Promise<LossAndGradients>;
  dispose(): Promise<void>;
}

/** Runs loss programs with their gradients on some numerical library. */
export interface Engine {
  /** What computes, for logs: `tfjs-wasm`, `tfjs-node-gpu`, `ort-cpu`, … */
  readonly name: string;
  compile(program: LossProgram): Promise<GradientFunction>;
}
