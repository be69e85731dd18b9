import { WeightspringError } from '../errors.js';
import { predict, velocityOf, type Prediction } from '../flow/prediction.js';
import { eulerStep } from '../flow/solvers/euler.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { OnnxModel } from '../onnx/graph.js';
import { OnnxOps, type OnnxValue } from '../ops/onnx-ops.js';
import type { ParameterSource } from '../ops/tensor-ops.js';
import { NeuronTransformer, type NeuronTransformerConfig } from '../velocity/neuron-transformer.js';
import { pointNames, symbolicPointShapes } from '../velocity/point-shapes.js';

/** Trained tensors by name. */
export type FlowParameters = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

/**
 * The velocity network of a flow for one depth, widths symbolic: inputs `xt.w1 [batch, d_0, h1]`,
 * `xt.b1`, … and `t [batch]`; outputs `predicted.w1`, …: the end point x̂_1 or the velocity, as
 * `prediction` says.
 */
export function velocityModel(
  velocity: NeuronTransformerConfig,
  prediction: Prediction,
  parameters: FlowParameters,
  hidden: number,
  metadata: Readonly<Record<string, string>> = {},
): OnnxModel {
  const graph = new GraphBuilder({ name: `velocity-${hidden}-hidden` });
  graph.metadata(metadata);
  const ops = new OnnxOps(graph);
  const { point, names } = pointInputs(ops, velocity, hidden, 'xt');
  const t = ops.input('t', ['batch']);
  const network = new NeuronTransformer(velocity);
  const source = parameterSource(ops, parameters);
  const predicted = predict(ops, network, source, prediction, point, t);
  names.forEach((name, index) => {
    ops.output(`predicted.${name}`, predicted[index] as OnnxValue);
  });
  return graph.build();
}

/**
 * One Euler step of the flow's ODE for one depth, widths symbolic: inputs `x.w1`, …, `t [batch]`,
 * `dt [batch]`; outputs `next.w1`, … of the same shapes.
 */
export function stepModel(
  velocity: NeuronTransformerConfig,
  prediction: Prediction,
  parameters: FlowParameters,
  hidden: number,
): OnnxModel {
  const graph = new GraphBuilder({ name: `euler-step-${hidden}-hidden` });
  const ops = new OnnxOps(graph);
  const { point, names } = pointInputs(ops, velocity, hidden, 'x');
  const t = ops.input('t', ['batch']);
  const dt = ops.input('dt', ['batch']);
  const network = new NeuronTransformer(velocity);
  const source = parameterSource(ops, parameters);
  const next = eulerStep(
    ops,
    (x, time) => {
      const predicted = predict(ops, network, source, prediction, x, time);
      return velocityOf(ops, prediction, predicted, x, time);
    },
    point,
    t,
    dt,
  );
  names.forEach((name, index) => {
    ops.output(`next.${name}`, next[index] as OnnxValue);
  });
  return graph.build();
}

function pointInputs(
  ops: OnnxOps,
  { inputs, outputs }: NeuronTransformerConfig,
  hidden: number,
  prefix: string,
): { point: readonly OnnxValue[]; names: readonly string[] } {
  const shapes = symbolicPointShapes(hidden, inputs, outputs);
  const names = pointNames(shapes.length);
  return {
    names,
    point: shapes.map((shape, index) => ops.input(`${prefix}.${names[index] as string}`, shape)),
  };
}

/** Parameters as initialisers, each stored once however often it is used. */
function parameterSource(ops: OnnxOps, parameters: FlowParameters): ParameterSource<OnnxValue> {
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
