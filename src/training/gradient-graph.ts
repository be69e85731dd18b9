import type { Shape } from '../onnx/dim.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { OnnxModel } from '../onnx/graph.js';
import { checkpointedGradients } from '../ops/rematerialise.js';
import { gradients } from '../ops/differentiate.js';
import { OnnxOps } from '../ops/onnx-ops.js';
import { reachable, Replay, Tracer, type Expression } from '../ops/trace.js';
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

export interface GradientGraphOptions {
  /**
   * Into how many segments the forward pass is cut, of which the backward pass computes all but
   * the last again instead of remembering them. Default 1: everything is remembered.
   */
  readonly segments?: number;
}

/**
 * Records a loss program, differentiates it by its parameters and emits both as one graph, with
 * parameters and data as inputs.
 *
 * @throws WeightspringError `shape-mismatch` where shapes do not fit or the loss is no scalar,
 *   `no-gradient` for an operation without a gradient
 */
export function gradientGraph(
  program: LossProgram,
  { segments = 1 }: GradientGraphOptions = {},
): GradientGraph {
  const tracer = new Tracer();
  const parameters = program.parameters.map((spec) => source(tracer, 'parameter', spec));
  const inputs = program.inputs.map((spec) => source(tracer, 'input', spec));
  const loss = program.loss(
    tracer,
    new Map(parameters.map(({ name, expression }) => [name, expression])),
    new Map(inputs.map(({ name, expression }) => [name, expression])),
  );
  const wrt = parameters.map(({ expression }) => expression);
  const found =
    segments > 1
      ? checkpointedGradients(tracer, loss, wrt, segments)
      : gradients(tracer, loss, wrt);

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
  const evaluation = new Replay(ops, bindings);
  for (const [name, expression] of inExecutionOrder(outputs)) {
    ops.output(name, evaluation.value(expression));
  }
  return {
    model: graph.build(),
    parameterNames: parameters.map(({ graphName }) => graphName),
    inputNames: inputs.map(({ graphName }) => graphName),
    lossName: 'loss',
    gradientNames,
  };
}

/**
 * onnxruntime computes the output that was added last first, with what it needs, and so on: the
 * loss, then the gradients in the order in which the backward pass comes to them. The other way
 * round it would run the backward pass to its end with everything that the gradients of the
 * weights need still in memory.
 */
function inExecutionOrder(
  outputs: ReadonlyMap<string, Expression>,
): readonly (readonly [string, Expression])[] {
  const work = new Map([...outputs.values()].map((x) => [x, reachable([x]).length]));
  return [...outputs].sort(([, a], [, b]) => (work.get(b) ?? 0) - (work.get(a) ?? 0));
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
