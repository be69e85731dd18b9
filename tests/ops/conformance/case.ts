import type { TensorOps } from '../../../src/ops/tensor-ops.js';

/** A concrete tensor of a test: float32, so that every interpreter starts from the same numbers. */
export interface Sample {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What a case must give: computed in double precision from the float32 inputs. */
export interface Expected {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** A computation over any interpreter. */
export type Compute = <T>(ops: TensorOps<T>, inputs: readonly T[]) => T;

export interface Case {
  readonly title: string;
  readonly inputs: readonly Sample[];
  readonly compute: Compute;
  readonly expected: Expected;
}

export function sample(values: readonly number[], shape: readonly number[]): Sample {
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (values.length !== size) throw new Error(`${values.length} values for [${shape.join(', ')}]`);
  return { shape, data: Float32Array.from(values) };
}

/** 0.37, −0.71, 1.09, … of alternating sign and distinct magnitude, none of them zero. */
export function ramp(shape: readonly number[], start = 0.37, stride = 0.34): Sample {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const values = Array.from(
    { length: size },
    (_, i) => (i % 2 === 0 ? 1 : -1) * (start + stride * i),
  );
  return sample(values, shape);
}

export function caseOf(
  title: string,
  inputs: readonly Sample[],
  compute: Compute,
  expected: Expected,
): Case {
  return { title, inputs, compute, expected };
}

/** The inputs' value at operand `index` of a computation that is known to have it. */
export function operand<T>(inputs: readonly T[], index: number): T {
  const value = inputs[index];
  if (value === undefined) throw new Error(`the case has no input ${index}`);
  return value;
}
