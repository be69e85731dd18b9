import { ensure } from '../errors.js';
import { formatShape, type Dim } from '../onnx/dim.js';
import type { HostTensor } from '../ops/host-tensor.js';
import { sizeOf } from '../ops/shape-rules.js';
import type { InputSpec } from '../ops/tensor-ops.js';
import type { LossProgram } from './engine.js';

/**
 * Checks the values of a program's parameters and inputs against its specification, before an
 * engine computes with them: numbers, sizes, ranks, and one value for each symbol.
 *
 * @throws WeightspringError `shape-mismatch` naming the parameter or input
 */
export function requireProgramValues(
  program: LossProgram,
  parameters: readonly Float32Array[],
  inputs: readonly HostTensor[],
): void {
  requireCount('parameters', program.parameters.length, parameters.length);
  requireCount('inputs', program.inputs.length, inputs.length);
  program.parameters.forEach(({ name, shape }, index) => {
    const length = parameters[index]?.length ?? 0;
    ensure(
      length === sizeOf(shape),
      'shape-mismatch',
      () => `parameter ${name} expects ${sizeOf(shape)} values, got ${length}`,
    );
  });
  const sizes = new Map<string, number>();
  program.inputs.forEach((spec, index) => {
    const input = inputs[index];
    if (input !== undefined) requireInput(spec, input, sizes);
  });
}

function requireCount(what: string, expected: number, got: number): void {
  ensure(
    expected === got,
    'shape-mismatch',
    () => `the program expects ${expected} ${what}, got ${got}`,
  );
}

/** `sizes` collects what the symbols stand for. */
function requireInput(spec: InputSpec, input: HostTensor, sizes: Map<string, number>): void {
  const fits =
    spec.shape.length === input.shape.length &&
    input.data.length === sizeOf(input.shape) &&
    spec.shape.every((dim, axis) => dimFits(dim, input.shape[axis] ?? 0, sizes));
  ensure(fits, 'shape-mismatch', () => {
    const known = [...sizes].map(([symbol, size]) => `${symbol} = ${size}`).join(', ');
    return (
      `input ${spec.name} expects ${formatShape(spec.shape)}${known === '' ? '' : ` with ${known}`}, ` +
      `got ${formatShape(input.shape)} with ${input.data.length} values`
    );
  });
}

function dimFits(dim: Dim, size: number, sizes: Map<string, number>): boolean {
  if (typeof dim === 'number') return size === dim;
  const known = sizes.get(dim) ?? size;
  sizes.set(dim, known);
  return size === known;
}
