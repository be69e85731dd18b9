import { flowMapLoss } from '../flow/flow-map.js';
import { batchShapes } from '../network/point-layout.js';
import type { Shape } from '../onnx/dim.js';
import type { InputSpec, TensorOps } from '../ops/tensor-ops.js';
import type { LossProgram } from './engine.js';
import { behaviourInputs, lookUp, type FlowProgramOptions } from './flow-program.js';

/** The ends of the segments that a batch's points lie on. */
const SIDES = ['startFrom', 'startTo', 'goalFrom', 'goalTo'] as const;
/** [batch] each. */
const NUMBERS = ['startShare', 'goalShare', 's', 't', 'stretch'] as const;

/**
 * The loss of a flow map for one family as a program of any engine: inputs `startFrom.w1 …`,
 * `startTo.w1 …`, `goalFrom.w1 …` and `goalTo.w1 …`, the segments that x_s and x_t lie on,
 * `startShare`, `goalShare`, `s`, `t` and `stretch` [batch]; with a behaviour loss also
 * `rows [M, K]` and `scales`.
 */
export function distilProgram(options: FlowProgramOptions): LossProgram {
  const { model, behaviour, batch = 'batch' } = options;
  const shapes = batchShapes(model.layout, batch);
  const names = model.layout.tensors.map(({ name }) => name);
  const point = (prefix: string): readonly InputSpec[] =>
    names.map((name, index) => ({ name: `${prefix}.${name}`, shape: shapes[index] as Shape }));
  return {
    parameters: options.parameters,
    inputs: [
      ...SIDES.flatMap(point),
      ...NUMBERS.map((name) => ({ name, shape: [batch] })),
      ...(behaviour === undefined ? [] : behaviourInputs(behaviour, names.length)),
    ],
    loss<T>(
      ops: TensorOps<T>,
      parameters: ReadonlyMap<string, T>,
      inputs: ReadonlyMap<string, T>,
    ): T {
      const value = (name: string): T => lookUp(inputs, name);
      const read = (prefix: (typeof SIDES)[number]): readonly T[] =>
        names.map((name) => value(`${prefix}.${name}`));
      return flowMapLoss(ops, model, (name) => lookUp(parameters, name), options.loss, {
        start: { from: read('startFrom'), to: read('startTo'), share: value('startShare') },
        goal: { from: read('goalFrom'), to: read('goalTo'), share: value('goalShare') },
        s: value('s'),
        t: value('t'),
        stretch: value('stretch'),
        over: options.lossMean,
        behaviour: behaviour && { ...behaviour, rows: value('rows'), scales: value('scales') },
      });
    },
  };
}
