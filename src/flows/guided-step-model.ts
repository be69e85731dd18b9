import { pointGeometry } from '../flow/geometry.js';
import { guidedVelocity, type GuidanceMethod } from '../flow/guidance.js';
import { predict } from '../flow/prediction.js';
import { SOLVER_METHODS, type Solver } from '../flow/solvers/solver.js';
import type { VelocityField } from '../flow/solvers/solver-step.js';
import type { Architecture } from '../network/architecture.js';
import type { Family } from '../network/family.js';
import { networkOf } from '../network/network.js';
import type { DescentState } from '../flow/guided-descent.js';
import { batchShapes, hiddenCount, type PointLayout } from '../network/point-layout.js';
import type { Shape } from '../onnx/dim.js';
import type { OnnxModel } from '../onnx/graph.js';
import type { Expression } from '../ops/trace.js';
import { modelOf, type FlowDefinition, type FlowParameters } from './flow-graphs.js';
import { RecordedGraph } from './recorded-graph.js';

/** What determines a guided step besides the flow. */
export interface GuidedStep {
  readonly solver: Solver;
  readonly method: GuidanceMethod;
  /** Architecture of the points; its hidden widths do not matter. */
  readonly architecture: Architecture;
}

/**
 * One step of a solver of the flow's ODE guided by labelled rows, for one family, widths symbolic:
 * inputs and outputs as those of `stepModel`, and `rows [rows, K]`, `targets [rows, C]`,
 * `scales [tensors + 1]` and the scalar `strength`. A descent has
 * further inputs and outputs, named by {@link carriedNames}.
 */
export function guidedStepModel(
  flow: FlowDefinition,
  { solver, method, architecture }: GuidedStep,
  parameters: FlowParameters,
  family: Family,
): OnnxModel {
  const graph = new RecordedGraph(`guided-${solver}-step-${hiddenCount(family)}-hidden`);
  const { ops } = graph;
  const model = modelOf(flow, family);
  const { tensors } = model.layout;
  const shapes = batchShapes(model.layout);
  const point = tensors.map(({ name }, index) => graph.input(`x.${name}`, shapes[index] as Shape));
  const [t, dt] = [graph.input('t', ['batch']), graph.input('dt', ['batch'])];
  const { inputs, outputs } = networkOf(architecture);
  const guide = {
    architecture,
    rows: graph.input('rows', ['rows', inputs]),
    targets: graph.input('targets', ['rows', outputs]),
    scales: graph.input('scales', [tensors.length + 1]),
    strength: graph.input('strength', []),
  };
  const parameter = graph.parameters(parameters);
  // A solver may evaluate the velocity more than once a step: a descent goes on from one to the next.
  let state = method.form === 'descent' ? carriedInputs(graph, model.layout) : undefined;
  const field: VelocityField<Expression> = (xt, time, span) => {
    const until = flow.flowMap === true && span !== undefined ? ops.add(time, span) : time;
    const predicted = predict(ops, model, parameter, xt, time, until);
    const at = { predicted, xt, t: time };
    const guided = guidedVelocity(ops, model, method, guide, at, state);
    state = guided.state;
    return guided.velocity;
  };
  const { path } = pointGeometry(flow.geometry, tensors);
  const next = SOLVER_METHODS[solver].step(ops, path, field, point, t, dt);
  return graph.build([
    ...tensors.map(({ name }, index) => [`next.${name}`, next[index] as Expression] as const),
    ...(state === undefined ? [] : carriedOutputs(state, model.layout)),
  ]);
}

const PARTS = ['shift', 'first', 'second'] as const;

/**
 * Names of what a descent carries from step to step besides the point: shifts and moments, shaped as
 * the tensors of the point, then `taken` [batch]. Graphs have them behind `x.` as inputs and `next.` as
 * outputs.
 */
export function carriedNames({ tensors }: PointLayout): readonly string[] {
  return [...PARTS.flatMap((part) => tensors.map(({ name }) => `${part}/${name}`)), 'taken'];
}

function carriedInputs(graph: RecordedGraph, layout: PointLayout): DescentState<Expression> {
  const shapes = batchShapes(layout);
  const part = (name: (typeof PARTS)[number]): readonly Expression[] =>
    layout.tensors.map((tensor, index) =>
      graph.input(`x.${name}/${tensor.name}`, shapes[index] as Shape),
    );
  const [shift, first, second] = [part('shift'), part('first'), part('second')];
  return { shift, first, second, taken: graph.input('x.taken', ['batch']) };
}

function carriedOutputs(
  { taken, ...state }: DescentState<Expression>,
  layout: PointLayout,
): readonly (readonly [string, Expression])[] {
  const names = carriedNames(layout).map((name) => `next.${name}`);
  const values = [...PARTS.flatMap((part) => state[part]), taken];
  return names.map((name, index) => [name, values[index] as Expression]);
}
