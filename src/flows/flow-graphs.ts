import { WeightspringError } from '../errors.js';
import { isCanonical, pointGeometry, type FlowGeometry } from '../flow/geometry.js';
import {
  predict,
  velocityOf,
  type FlowModel,
  type Prediction,
  type Skip,
} from '../flow/prediction.js';
import { SOLVER_METHODS, type Solver } from '../flow/solvers/solver.js';
import type { VelocityField } from '../flow/solvers/solver-step.js';
import { perturb } from '../flow/stochasticity.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { Family } from '../network/family.js';
import {
  batchShapes,
  familyLayout,
  hiddenCount,
  type PointLayout,
} from '../network/point-layout.js';
import type { Shape } from '../onnx/dim.js';
import type { OnnxModel } from '../onnx/graph.js';
import { OnnxOps, type OnnxValue } from '../ops/onnx-ops.js';
import type { ParameterSource } from '../ops/tensor-ops.js';
import { createVelocityNetwork, type VelocityConfig } from '../velocity/create-velocity-network.js';

/** Trained tensors by name. */
export type FlowParameters = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

/** What determines the graphs of a flow besides its parameters. */
export interface FlowDefinition {
  readonly velocity: VelocityConfig;
  readonly prediction: Prediction;
  readonly geometry: FlowGeometry;
  /** Default `all`. */
  readonly skip?: Skip | undefined;
  /** Whether the network takes a second time. Default: not. */
  readonly flowMap?: boolean | undefined;
}

/**
 * The velocity network of a flow for one family, widths symbolic: inputs `xt.w1 [batch, d_0, h1]`,
 * `xt.b1`, … and `t [batch]`; outputs `predicted.w1`, …: the end point x̂_1 or the velocity, as
 * `prediction` says. That of a flow map also takes `until [batch]`, the time of the jump's end.
 */
export function velocityModel(
  flow: FlowDefinition,
  parameters: FlowParameters,
  family: Family,
  metadata: Readonly<Record<string, string>> = {},
): OnnxModel {
  const graph = new GraphBuilder({ name: `velocity-${hiddenCount(family)}-hidden` });
  graph.metadata(metadata);
  const ops = new OnnxOps(graph);
  const model = modelOf(flow, family);
  const point = pointInputs(ops, model.layout, 'xt');
  const t = ops.input('t', ['batch']);
  const until = flow.flowMap === true ? ops.input('until', ['batch']) : t;
  const predicted = predict(ops, model, parameterSource(ops, parameters), point, t, until);
  pointOutputs(ops, model.layout, 'predicted', predicted);
  return graph.build();
}

/**
 * One step of a solver of the flow's ODE for one family, widths symbolic: inputs `x.w1`, …,
 * `t [batch]`, `dt [batch]`; outputs `next.w1`, … of the same shapes.
 */
export function stepModel(
  flow: FlowDefinition,
  solver: Solver,
  parameters: FlowParameters,
  family: Family,
): OnnxModel {
  const graph = new GraphBuilder({ name: `${solver}-step-${hiddenCount(family)}-hidden` });
  const ops = new OnnxOps(graph);
  const model = modelOf(flow, family);
  const point = pointInputs(ops, model.layout, 'x');
  const t = ops.input('t', ['batch']);
  const dt = ops.input('dt', ['batch']);
  const source = parameterSource(ops, parameters);
  const field: VelocityField<OnnxValue> = (x, time, span) => {
    const until = flow.flowMap === true && span !== undefined ? ops.add(time, span) : time;
    return velocityOf(ops, model, predict(ops, model, source, x, time, until), x, time);
  };
  const { path } = pointGeometry(flow.geometry, model.layout.tensors);
  pointOutputs(
    ops,
    model.layout,
    'next',
    SOLVER_METHODS[solver].step(ops, path, field, point, t, dt),
  );
  return graph.build();
}

/**
 * Noise on a point of the path for one family, widths symbolic: inputs `x.w1`, …, `noise.w1`, …
 * standard normal, `scale [batch]`; outputs `next.w1`, ….
 */
export function perturbModel({ geometry }: FlowDefinition, family: Family): OnnxModel {
  const graph = new GraphBuilder({ name: `perturb-${hiddenCount(family)}-hidden` });
  const ops = new OnnxOps(graph);
  const layout = familyLayout(family, isCanonical(geometry));
  const point = pointInputs(ops, layout, 'x');
  const noise = pointInputs(ops, layout, 'noise');
  const scale = ops.input('scale', ['batch']);
  const { path } = pointGeometry(geometry, layout.tensors);
  pointOutputs(ops, layout, 'next', perturb(ops, path, point, noise, scale));
  return graph.build();
}

/** The model of a flow at the points of one family. */
export function modelOf(
  { velocity, prediction, geometry, skip, flowMap }: FlowDefinition,
  family: Family,
): FlowModel {
  const layout = familyLayout(family, isCanonical(geometry));
  const network = createVelocityNetwork(velocity);
  return { network, layout, prediction, geometry, skip, flowMap };
}

/** Declares the tensors of a point as inputs `${prefix}.w1`, … of a graph. */
export function pointInputs(
  ops: OnnxOps,
  layout: PointLayout,
  prefix: string,
): readonly OnnxValue[] {
  const shapes = batchShapes(layout);
  return layout.tensors.map(({ name }, index) =>
    ops.input(`${prefix}.${name}`, shapes[index] as Shape),
  );
}

/** Declares values as outputs `${prefix}.w1`, … of a graph. */
export function pointOutputs(
  ops: OnnxOps,
  { tensors }: PointLayout,
  prefix: string,
  point: readonly OnnxValue[],
): void {
  tensors.forEach(({ name }, index) => {
    ops.output(`${prefix}.${name}`, point[index] as OnnxValue);
  });
}

/** Parameters as initialisers, each stored only once. */
export function parameterSource(
  ops: OnnxOps,
  parameters: FlowParameters,
): ParameterSource<OnnxValue> {
  const stored = new Map<string, OnnxValue>();
  return (name, shape) => {
    const known = stored.get(name);
    if (known !== undefined) return known;
    const parameter = parameters.get(name);
    if (parameter === undefined) {
      throw new WeightspringError(
        'model-invalid',
        `the flow has no parameter '${name}' [${shape.join(', ')}]: its file and its config.json ` +
          'do not belong together',
      );
    }
    const value = ops.parameter(name, parameter.data, shape);
    stored.set(name, value);
    return value;
  };
}
