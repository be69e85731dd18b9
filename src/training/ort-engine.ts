import { Tensor, type InferenceSession } from 'onnxruntime-node';
import type { Provider } from '../devices/device.js';
import { ortError } from '../devices/ort-error.js';
import { createSession, type SessionOptions } from '../devices/session.js';
import { ensure } from '../errors.js';
import { encodeModel } from '../onnx/serialize.js';
import type { HostTensor } from '../ops/host-tensor.js';
import { sizeOf } from '../ops/shape-rules.js';
import type { Engine, GradientFunction, LossAndGradients, LossProgram } from './engine.js';
import { gradientGraph, type GradientGraph, type GradientGraphOptions } from './gradient-graph.js';
import { requireProgramValues } from './program-values.js';

export interface OrtEngineOptions extends GradientGraphOptions {
  /** Where it computes. Default 'cpu'; `openDevice` finds out what else there is. */
  readonly provider?: Provider;
  /** Threads of one operation on the CPU. Default 0: one per physical core. */
  readonly threads?: number | undefined;
}

/**
 * Differentiates loss programs itself and runs loss and gradients as one graph on onnxruntime.
 *
 * A call blocks the event loop while it computes.
 */
export class OrtEngine implements Engine {
  readonly name: string;
  readonly #graph: GradientGraphOptions;
  readonly #session: SessionOptions;

  constructor({ provider = 'cpu', threads = 0, ...graph }: OrtEngineOptions = {}) {
    this.name = `ort-${provider}`;
    this.#graph = graph;
    this.#session = { provider, threads };
  }

  /**
   * @throws WeightspringError `shape-mismatch` or `no-gradient` for a program that cannot be
   *   differentiated, and as {@link createSession}
   */
  async compile(program: LossProgram): Promise<GradientFunction> {
    const graph = gradientGraph(program, this.#graph);
    const session = await createSession(encodeModel(graph.model), this.#session);
    return new OrtGradientFunction(program, graph, session);
  }
}

class OrtGradientFunction implements GradientFunction {
  readonly #program: LossProgram;
  readonly #graph: GradientGraph;
  readonly #session: InferenceSession;
  readonly #loss = new Float32Array(1);
  readonly #gradients: readonly Float32Array[];
  /** Tensors over the arrays above: every run writes into the same memory. */
  readonly #outputs: Readonly<Record<string, Tensor>>;

  constructor(program: LossProgram, graph: GradientGraph, session: InferenceSession) {
    this.#program = program;
    this.#graph = graph;
    this.#session = session;
    this.#gradients = program.parameters.map(({ shape }) => new Float32Array(sizeOf(shape)));
    const outputs: Record<string, Tensor> = {
      [graph.lossName]: new Tensor('float32', this.#loss, []),
    };
    for (const [index, { shape }] of program.parameters.entries()) {
      const name = graph.gradientNames[index];
      const gradient = this.#gradients[index];
      if (name === undefined || gradient === undefined) continue;
      outputs[name] = new Tensor('float32', gradient, [...shape]);
    }
    this.#outputs = outputs;
  }

  /**
   * @throws WeightspringError `shape-mismatch` for values that do not fit the program,
   *   `out-of-memory`
   */
  async evaluate(
    parameters: readonly Float32Array[],
    inputs: readonly HostTensor[],
  ): Promise<LossAndGradients> {
    requireProgramValues(this.#program, parameters, inputs);
    try {
      await this.#session.run(this.#feeds(parameters, inputs), this.#outputs);
    } catch (error) {
      throw ortError(error, {
        what: 'a training step failed',
        code: 'internal',
        memoryHint: 'take a smaller batch, or --recompute-segments of `train`',
      });
    }
    const [loss] = this.#loss;
    ensure(loss !== undefined, 'internal', () => 'the loss has no value');
    return { loss, gradients: this.#gradients };
  }

  dispose(): Promise<void> {
    return this.#session.release();
  }

  /** The arrays themselves, not copies. */
  #feeds(
    parameters: readonly Float32Array[],
    inputs: readonly HostTensor[],
  ): Record<string, Tensor> {
    const { parameterNames, inputNames } = this.#graph;
    const feeds: Record<string, Tensor> = {};
    for (const [index, { shape }] of this.#program.parameters.entries()) {
      const [name, data] = [parameterNames[index], parameters[index]];
      if (name !== undefined && data !== undefined)
        feeds[name] = new Tensor('float32', data, shape);
    }
    for (const [index, { shape, data }] of inputs.entries()) {
      const name = inputNames[index];
      if (name !== undefined) feeds[name] = new Tensor('float32', data, shape);
    }
    return feeds;
  }
}
