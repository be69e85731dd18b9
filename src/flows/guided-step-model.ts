import { pointGeometry } from '../flow/geometry.js';
import { guidedVelocity, type GuidanceMethod } from '../flow/guidance.js';
import { predict } from '../flow/prediction.js';
import { SOLVER_METHODS, type Solver } from '../flow/solvers/solver.js';
import type { VelocityField } from '../flow/solvers/solver-step.js';
import type { Architecture } from '../network/architecture.js';
import type { Family } from '../network/family.js';
import { networkOf } from '../network/network.js';
import { batchShapes, hiddenCount } from '../network/point-layout.js';
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
 * `scales [tensors + 1]` and the scalar `strength`.
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
  const field: VelocityField<Expression> = (xt, time, span) => {
    const until = flow.flowMap === true && span !== undefined ? ops.add(time, span) : time;
    const predicted = predict(ops, model, parameter, xt, time, until);
    return guidedVelocity(ops, model, method, guide, { predicted, xt, t: time });
  };
  const { path } = pointGeometry(flow.geometry, tensors);
  const next = SOLVER_METHODS[solver].step(ops, path, field, point, t, dt);
  return graph.build(tensors.map(({ name }, index) => [`next.${name}`, next[index] as Expression]));
}
