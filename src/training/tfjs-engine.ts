import type { Tensor } from '@tensorflow/tfjs-core';
import { ensure, WeightspringError } from '../errors.js';
import { formatShape } from '../onnx/dim.js';
import type { HostTensor } from '../ops/host-tensor.js';
import { TfjsOps, type TensorFlow } from '../ops/tfjs-ops.js';
import type { Engine, GradientFunction, LossAndGradients, LossProgram } from './engine.js';
import { requireProgramValues } from './program-values.js';
import { tfjsError } from './tfjs-error.js';
import { loadTfjs, type LoadTfjsOptions, type TfjsBackend } from './tfjs-backend.js';

/**
 * Differentiates loss programs with TensorFlow.js, eagerly: nothing is compiled ahead, and shapes
 * may change from call to call. No tensor outlives a call.
 */
export class TfjsEngine implements Engine {
  readonly name: string;
  readonly #tf: TensorFlow;
  readonly #ops: TfjsOps;

  constructor({ name, tf }: TfjsBackend) {
    this.name = name;
    this.#tf = tf;
    this.#ops = new TfjsOps(tf);
  }

  /**
   * The engine on the fastest TensorFlow.js that is installed.
   *
   * @throws WeightspringError `provider-unavailable` when none is
   */
  static async load(options: LoadTfjsOptions = {}): Promise<TfjsEngine> {
    return new TfjsEngine(await loadTfjs(options));
  }

  compile(program: LossProgram): Promise<GradientFunction> {
    return Promise.resolve({
      evaluate: (parameters, inputs) => this.#evaluate(program, parameters, inputs),
      dispose: () => Promise.resolve(),
    });
  }

  /** @throws WeightspringError `shape-mismatch`, `no-gradient`, `out-of-memory` */
  async #evaluate(
    program: LossProgram,
    parameters: readonly Float32Array[],
    inputs: readonly HostTensor[],
  ): Promise<LossAndGradients> {
    requireProgramValues(program, parameters, inputs);
    let results: readonly Tensor[] = [];
    try {
      results = this.#tf.tidy(() => this.#differentiate(program, parameters, inputs));
      const [loss, ...gradients] = await Promise.all(
        results.map(async (result) => Float32Array.from(await result.data())),
      );
      const [value] = loss ?? [];
      if (value === undefined) throw new WeightspringError('internal', 'the loss has no value');
      return { loss: value, gradients };
    } catch (error) {
      throw tfjsError(error);
    } finally {
      this.#tf.dispose([...results]);
    }
  }

  /** The loss, then its gradient by each parameter; zeros for one that it does not depend on. */
  #differentiate(
    program: LossProgram,
    parameters: readonly Float32Array[],
    inputs: readonly HostTensor[],
  ): Tensor[] {
    const tf = this.#tf;
    const variables = program.parameters.map(({ shape }, index) =>
      tf.tensor(parameters[index] ?? [], [...shape], 'float32'),
    );
    const data = inputs.map((input) => tf.tensor(input.data, [...input.shape], 'float32'));
    const loss = (): Tensor => {
      const value = program.loss(
        this.#ops,
        byName(program.parameters, variables),
        byName(program.inputs, data),
      );
      ensure(
        value.rank === 0,
        'shape-mismatch',
        () => `a loss is expected to be a scalar, got ${formatShape(value.shape)}`,
      );
      return value;
    };
    if (variables.length === 0) return [loss()];
    const { value, grads } = tf.engine().gradients(loss, variables, undefined, true);
    return [value, ...variables.map((variable, index) => grads[index] ?? tf.zerosLike(variable))];
  }
}

function byName(
  specs: readonly { readonly name: string }[],
  tensors: readonly Tensor[],
): ReadonlyMap<string, Tensor> {
  return new Map(
    specs.flatMap(({ name }, index) => {
      const tensor = tensors[index];
      return tensor === undefined ? [] : [[name, tensor] as const];
    }),
  );
}
