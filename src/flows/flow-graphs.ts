import { WeightspringError } from '../errors.js';
import { isCanonical, pointGeometry, type FlowGeometry } from '../flow/geometry.js';
import { predict, velocityOf, type FlowModel, type Prediction } from '../flow/prediction.js';
import { SOLVER_METHODS, type Solver } from '../flow/solvers/solver.js';
import { perturb } from '../flow/stochasticity.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { OnnxModel } from '../onnx/graph.js';
import { OnnxOps, type OnnxValue } from '../ops/onnx-ops.js';
import type { ParameterSource } from '../ops/tensor-ops.js';
import { createVelocityNetwork, type VelocityConfig } from '../velocity/create-velocity-network.js';
import { pointNames } from '../velocity/point-shapes.js';

/** Trained tensors by name. */
export type FlowParameters = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

/** What decides the graphs of a flow beside its parameters. */
export interface FlowDefinition {
  readonly velocity: VelocityConfig;
  readonly prediction: Prediction;
  readonly geometry: FlowGeometry;
}

/**
 * The velocity network of a flow for one depth, widths symbolic: inputs `xt.w1 [batch, d_0, h1]`,
 * `xt.b1`, … and `t [batch]`; outputs `predicted.w1`, …: the end point x̂_1 or the velocity, as
 * `prediction` says.
 */
export function velocityModel(
  flow: FlowDefinition,
  parameters: FlowParameters,
  hidden: number,
  metadata: Readonly<Record<string, string>> = {},
): OnnxModel {
  const graph = new GraphBuilder({ name: `velocity-${hidden}-hidden` });
  graph.metadata(metadata);
  const ops = new OnnxOps(graph);
  const point = pointInputs(ops, flow, hidden, 'xt');
  const t = ops.input('t', ['batch']);
  const predicted = predict(ops, modelOf(flow), parameterSource(ops, parameters), point, t);
  pointOutputs(ops, 'predicted', predicted);
  return graph.build();
}

/**
 * One step of a solver of the flow's ODE for one depth, widths symbolic: inputs `x.w1`, …,
 * `t [batch]`, `dt [batch]`; outputs `next.w1`, … of the same shapes.
 */
export function stepModel(
  flow: FlowDefinition,
  solver: Solver,
  parameters: FlowParameters,
  hidden: number,
): OnnxModel {
  const graph = new GraphBuilder({ name: `${solver}-step-${hidden}-hidden` });
  const ops = new OnnxOps(graph);
  const point = pointInputs(ops, flow, hidden, 'x');
  const t = ops.input('t', ['batch']);
  const dt = ops.input('dt', ['batch']);
  const model = modelOf(flow);
  const source = parameterSource(ops, parameters);
  const field = (x: readonly OnnxValue[], time: OnnxValue): readonly OnnxValue[] =>
    velocityOf(ops, model, predict(ops, model, source, x, time), x, time);
  const { path } = pointGeometry(flow.geometry, point.length);
  pointOutputs(ops, 'next', SOLVER_METHODS[solver].step(ops, path, field, point, t, dt));
  return graph.build();
}

/**
 * Noise on a point of the path for one depth, widths symbolic: inputs `x.w1`, …, `noise.w1`, …
 * standard normal, `scale [batch]`; outputs `next.w1`, ….
 */
export function perturbModel(flow: FlowDefinition, hidden: number): OnnxModel {
  const graph = new GraphBuilder({ name: `perturb-${hidden}-hidden` });
  const ops = new OnnxOps(graph);
  const point = pointInputs(ops, flow, hidden, 'x');
  const noise = pointInputs(ops, flow, hidden, 'noise');
  const scale = ops.input('scale', ['batch']);
  const { path } = pointGeometry(flow.geometry, point.length);
  pointOutputs(ops, 'next', perturb(ops, path, point, noise, scale));
  return graph.build();
}

function modelOf({ velocity, prediction, geometry }: FlowDefinition): FlowModel {
  return { network: createVelocityNetwork(velocity), prediction, geometry };
}

function pointInputs(
  ops: OnnxOps,
  { velocity, geometry }: FlowDefinition,
  hidden: number,
  prefix: string,
): readonly OnnxValue[] {
  const { served } = createVelocityNetwork(velocity);
  const shapes = served.pointShapes(hidden, isCanonical(geometry));
  const names = pointNames(shapes.length);
  return shapes.map((shape, index) => ops.input(`${prefix}.${names[index] as string}`, shape));
}

function pointOutputs(ops: OnnxOps, prefix: string, point: readonly OnnxValue[]): void {
  const names = pointNames(point.length);
  point.forEach((value, index) => {
    ops.output(`${prefix}.${names[index] as string}`, value);
  });
}

/** Parameters as initialisers, each stored once however often it is used. */
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
