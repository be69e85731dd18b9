import { ensure } from '../errors.js';
import type { Shape } from '../onnx/dim.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { OnnxModel } from '../onnx/graph.js';
import { gradients } from '../ops/differentiate.js';
import { OnnxOps } from '../ops/onnx-ops.js';
import { replay, Tracer, type Expression } from '../ops/trace.js';
import type { LossProgram } from './engine.js';

/** A loss with its gradient as one ONNX graph, and the names of its inputs and outputs. */
export interface GradientGraph {
  readonly model: OnnxModel;
  /** In the order of `LossProgram.parameters`. */
  readonly parameterNames: readonly string[];
  /** In the order of `LossProgram.inputs`. */
  readonly inputNames: readonly string[];
  readonly lossName: string;
  /** In the order of `LossProgram.parameters`; undefined where the loss does not depend on one. */
  readonly gradientNames: readonly (string | undefined)[];
}

/**
 * Records a loss program, differentiates it by its parameters and emits both as one graph, with
 * parameters and data as inputs.
 *
 * @throws WeightspringError `shape-mismatch` where shapes do not fit or the loss is no scalar,
 *   `no-gradient` for an operation without a gradient
 */
export function gradientGraph(program: LossProgram): GradientGraph {
  const tracer = new Tracer();
  const parameters = program.parameters.map((spec) => source(tracer, 'parameter', spec));
  const inputs = program.inputs.map((spec) => source(tracer, 'input', spec));
  const loss = program.loss(
    tracer,
    new Map(parameters.map(({ name, expression }) => [name, expression])),
    new Map(inputs.map(({ name, expression }) => [name, expression])),
  );
  const found = gradients(
    tracer,
    loss,
    parameters.map(({ expression }) => expression),
  );

  const graph = new GraphBuilder({ name: 'loss-and-gradients' });
  const ops = new OnnxOps(graph);
  const bindings = new Map(
    [...parameters, ...inputs].map(({ graphName, expression }) => [
      expression,
      ops.input(graphName, expression.shape),
    ]),
  );
  const outputs = new Map<string, Expression>([['loss', loss]]);
  const gradientNames = parameters.map(({ name, expression }) => {
    const gradient = found.get(expression);
    if (gradient === undefined) return undefined;
    outputs.set(`gradient:${name}`, gradient);
    return `gradient:${name}`;
  });
  const values = replay([...outputs.values()], ops, bindings);
  for (const name of outputs.keys()) {
    const value = values.shift();
    ensure(value !== undefined, 'internal', () => `the replay gave no value for ${name}`);
    ops.output(name, value);
  }
  return {
    model: graph.build(),
    parameterNames: parameters.map(({ graphName }) => graphName),
    inputNames: inputs.map(({ graphName }) => graphName),
    lossName: 'loss',
    gradientNames,
  };
}

interface Source {
  readonly name: string;
  /** Parameters and inputs may share a name; in the graph they must not. */
  readonly graphName: string;
  readonly expression: Expression;
}

function source(
  tracer: Tracer,
  kind: 'parameter' | 'input',
  { name, shape }: { readonly name: string; readonly shape: Shape },
): Source {
  const graphName = `${kind}:${name}`;
  return { name, graphName, expression: tracer.input(graphName, shape) };
}
