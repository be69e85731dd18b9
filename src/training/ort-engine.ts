import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ensure, WeightspringError } from '../errors.js';
import { encodeModel } from '../onnx/serialize.js';
import type { HostTensor } from '../ops/host-tensor.js';
import { sizeOf } from '../ops/shape-rules.js';
import type { Engine, GradientFunction, LossAndGradients, LossProgram } from './engine.js';
import { gradientGraph, type GradientGraph, type GradientGraphOptions } from './gradient-graph.js';
import { requireProgramValues } from './program-values.js';

export interface OrtEngineOptions extends GradientGraphOptions {
  /** Where it computes. Default 'cpu'; 'cuda' needs the CUDA build of onnxruntime-node. */
  readonly provider?: 'cpu' | 'cuda';
  /** Threads of one operation on the CPU. Default 0: one per physical core. */
  readonly threads?: number;
}

/**
 * Differentiates loss programs itself and runs loss and gradients as one graph on onnxruntime.
 *
 * A call blocks the event loop while it computes.
 */
export class OrtEngine implements Engine {
  readonly name: string;
  readonly #graph: GradientGraphOptions;
  readonly #session: InferenceSession.SessionOptions;

  constructor({ provider = 'cpu', threads = 0, ...graph }: OrtEngineOptions = {}) {
    this.name = `ort-${provider}`;
    this.#graph = graph;
    this.#session = {
      executionProviders: [provider],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: threads,
      // What goes wrong is thrown; onnxruntime would print it as well.
      logSeverityLevel: 4,
    };
  }

  /**
   * @throws WeightspringError `shape-mismatch` or `no-gradient` for a program that cannot be
   *   differentiated, `provider-unavailable` where onnxruntime lacks the provider
   */
  async compile(program: LossProgram): Promise<GradientFunction> {
    const graph = gradientGraph(program, this.#graph);
    const model = encodeModel(graph.model);
    try {
      const session = await InferenceSession.create(model, this.#session);
      return new OrtGradientFunction(program, graph, session);
    } catch (error) {
      throw ortError(error, `${this.name} cannot be used`, 'provider-unavailable');
    }
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
      throw ortError(error, 'a training step failed', 'internal');
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

/** What onnxruntime and the CUDA libraries say when memory runs out. */
const OUT_OF_MEMORY = /bad_alloc|out of memory|failed to allocate|allocate memory/i;

function ortError(
  error: unknown,
  what: string,
  code: 'provider-unavailable' | 'internal',
): WeightspringError {
  const reason = error instanceof Error ? error.message : String(error);
  return OUT_OF_MEMORY.test(reason)
    ? new WeightspringError(
        'out-of-memory',
        `${what}: not enough memory (${reason}); use a smaller batch or a narrower network`,
        { cause: error },
      )
    : new WeightspringError(code, `${what}: ${reason}`, { cause: error });
}
