import { GraphBuilder } from '../onnx/graph-builder.js';
import type { Shape } from '../onnx/dim.js';
import type { OnnxModel } from '../onnx/graph.js';
import { OnnxOps, type OnnxValue } from '../ops/onnx-ops.js';
import type { ParameterSource } from '../ops/tensor-ops.js';
import { replay, Tracer, type Expression } from '../ops/trace.js';
import { parameterSource, type FlowParameters } from './flow-graphs.js';

/** A graph that is recorded before it is written, so that it may hold gradients. */
export class RecordedGraph {
  /** What records it. */
  readonly ops = new Tracer();
  readonly #graph: GraphBuilder;
  readonly #onnx: OnnxOps;
  readonly #bindings = new Map<Expression, OnnxValue>();

  constructor(name: string) {
    this.#graph = new GraphBuilder({ name });
    this.#onnx = new OnnxOps(this.#graph);
  }

  input(name: string, shape: Shape): Expression {
    const recorded = this.ops.input(name, shape);
    this.#bindings.set(recorded, this.#onnx.input(name, shape));
    return recorded;
  }

  /** Parameters as initialisers. */
  parameters(parameters: FlowParameters): ParameterSource<Expression> {
    const source = parameterSource(this.#onnx, parameters);
    return (name, shape, init) => {
      const recorded = this.ops.input(`parameter ${name}`, shape);
      this.#bindings.set(recorded, source(name, shape, init));
      return recorded;
    };
  }

  /** The graph with these outputs. */
  build(outputs: readonly (readonly [name: string, value: Expression])[]): OnnxModel {
    const values = replay(
      outputs.map(([, value]) => value),
      this.#onnx,
      this.#bindings,
    );
    outputs.forEach(([name], index) => {
      this.#onnx.output(name, values[index] as OnnxValue);
    });
    return this.#graph.build();
  }
}
