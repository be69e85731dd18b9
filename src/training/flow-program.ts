import type { LossMean } from '../flow/losses/average.js';
import type { FlowLoss } from '../flow/losses/registry.js';
import { flowMatchingLoss } from '../flow/objective.js';
import type { FlowModel } from '../flow/prediction.js';
import { WeightspringError } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { batchShapes } from '../network/point-layout.js';
import type { Dim, Shape } from '../onnx/dim.js';
import type { InputSpec, ParameterSpec, TensorOps } from '../ops/tensor-ops.js';
import type { LossProgram } from './engine.js';

export interface FlowProgramOptions {
  readonly model: FlowModel;
  readonly loss: FlowLoss;
  /** What the loss is the mean over. Default `tensors`. */
  readonly lossMean?: LossMean | undefined;
  readonly parameters: readonly ParameterSpec[];
  /** Judges end points by what their networks say. Default: not. */
  readonly behaviour?: BehaviourProgram | undefined;
  /** Networks in a batch. Default: the symbol `batch`, for any number. */
  readonly batch?: Dim | undefined;
}

/** The behaviour loss of points of one architecture, or of others that differ in hidden widths. */
export interface BehaviourProgram {
  readonly weight: number;
  /** M, rows of data of one batch. */
  readonly rows: number;
  readonly architecture: Architecture;
}

/**
 * The flow-matching loss for one family as a program of any engine: inputs `x0.w1 …`, `x1.w1 …`
 * and `t [batch]`, widths symbolic; with a behaviour loss also `rows [M, K]` and `scales`, what
 * decoding multiplies the tensors by.
 */
export function flowProgram(options: FlowProgramOptions): LossProgram {
  const { model, behaviour, batch = 'batch' } = options;
  const shapes = batchShapes(model.layout, batch);
  const names = model.layout.tensors.map(({ name }) => name);
  const point = (prefix: string): InputSpec[] =>
    names.map((name, index) => ({ name: `${prefix}.${name}`, shape: shapes[index] as Shape }));
  return {
    parameters: options.parameters,
    inputs: [
      ...point('x0'),
      ...point('x1'),
      { name: 't', shape: [batch] },
      ...(behaviour === undefined ? [] : behaviourInputs(behaviour, names.length)),
    ],
    loss<T>(
      ops: TensorOps<T>,
      parameters: ReadonlyMap<string, T>,
      inputs: ReadonlyMap<string, T>,
    ): T {
      const read = (prefix: string): T[] =>
        names.map((name) => lookUp(inputs, `${prefix}.${name}`));
      return flowMatchingLoss(ops, model, (name) => lookUp(parameters, name), options.loss, {
        x0: read('x0'),
        x1: read('x1'),
        t: lookUp(inputs, 't'),
        over: options.lossMean,
        behaviour: behaviour && {
          ...behaviour,
          rows: lookUp(inputs, 'rows'),
          scales: lookUp(inputs, 'scales'),
        },
      });
    },
  };
}

/** The inputs of a behaviour loss. */
export function behaviourInputs(
  { rows, architecture }: BehaviourProgram,
  tensors: number,
): readonly InputSpec[] {
  return [
    { name: 'rows', shape: [rows, networkOf(architecture).inputs] },
    { name: 'scales', shape: [tensors + 1] },
  ];
}

/** @throws WeightspringError `internal` for a name that there is none of */
export function lookUp<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  if (value === undefined) throw new WeightspringError('internal', `no value named '${name}'`);
  return value;
}
