import { euclidean } from '../geometry/euclidean.js';
import { product } from '../geometry/product.js';
import { pointGeometry } from '../flow/geometry.js';
import { SOLVER_METHODS, type Solver } from '../flow/solvers/solver.js';
import type { VelocityField } from '../flow/solvers/solver-step.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { OnnxModel } from '../onnx/graph.js';
import { OnnxOps, type OnnxValue } from '../ops/onnx-ops.js';
import { parameterSource, pointInputs, pointOutputs } from '../flows/flow-graphs.js';
import type { RecordedDivergence } from './divergence.js';
import type { LikelihoodFlow } from './likelihood-flow.js';

/**
 * One step of a solver of the flow's ODE that integrates `εᵀPJPε` with it, widths symbolic: inputs
 * `x.w1`, …, `probe.w1`, …, `t [batch]`, `dt [batch]`, negative for a step back; outputs `next.w1`,
 * … and `integral [batch, 1]`, over this step only.
 *
 * The integral is an extra, Euclidean coordinate of the state, so that it has the solver's order.
 */
export function likelihoodStepModel(
  { model: { geometry }, parameters }: LikelihoodFlow,
  recorded: RecordedDivergence,
  solver: Solver,
): OnnxModel {
  const graph = new GraphBuilder({ name: `${solver}-likelihood-step` });
  const ops = new OnnxOps(graph);
  const { layout } = recorded;
  const point = pointInputs(ops, layout, 'x');
  const probe = pointInputs(ops, layout, 'probe');
  const [t, dt] = [ops.input('t', ['batch']), ops.input('dt', ['batch'])];
  const parameter = parameterSource(ops, parameters);
  const field: VelocityField<OnnxValue> = (state, time) => {
    const here = { point: state.slice(0, -1), probe, t: time };
    const { velocity, form } = recorded.at(ops, parameter, here);
    return [...velocity, ops.reshape(form, [...ops.shape(form), 1])];
  };
  const { path } = pointGeometry(geometry, layout.tensors);
  const withIntegral = product([...path.factors, euclidean]);
  const start = [...point, ops.constant([0], [1, 1])];
  const end = SOLVER_METHODS[solver].step(ops, withIntegral, field, start, t, dt);
  pointOutputs(ops, layout, 'next', end.slice(0, -1));
  ops.output('integral', end.at(-1) as OnnxValue);
  return graph.build();
}
