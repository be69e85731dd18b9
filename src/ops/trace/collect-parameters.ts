import { ensure } from '../../errors.js';
import { formatShape, sameShape } from '../../onnx/dim.js';
import type { ParameterInit, ParameterSource, ParameterSpec } from '../tensor-ops.js';
import type { Expression } from './expression.js';
import { Tracer } from './tracer.js';

/**
 * The parameters that a computation uses, in the order of first use.
 *
 * @param compute - runs the computation on the given interpreter, with parameters from the given
 *   source; symbolic inputs come from `ops.input`
 * @throws WeightspringError `invalid-argument` if a name is used with two shapes or two
 * initialisations
 *
 * @example
 * collectParameters((ops, parameter) => {
 *   linear(ops, parameter, 'read', ops.input('x', ['batch', 30]), 8);
 * }); // read.weight [30, 8], read.bias [8]
 */
export function collectParameters(
  compute: (ops: Tracer, parameter: ParameterSource<Expression>) => unknown,
): readonly ParameterSpec[] {
  const recorder = new ParameterRecorder();
  const ops = new Tracer();
  compute(ops, recorder.sourceOn(ops));
  return recorder.specs;
}

class ParameterRecorder {
  readonly #specs = new Map<string, ParameterSpec>();

  get specs(): readonly ParameterSpec[] {
    return [...this.#specs.values()];
  }

  sourceOn(ops: Tracer): ParameterSource<Expression> {
    return (name, shape, init) => {
      const known = this.#specs.get(name) ?? { name, shape, init };
      ensure(
        sameShape(known.shape, shape) && sameInit(known.init, init),
        'invalid-argument',
        () =>
          `parameter "${name}" was used as ${describe(known)} and now as ` +
          `${describe({ shape, init })}: use different names`,
        name,
      );
      this.#specs.set(name, known);
      return ops.input(`parameter ${name}`, shape);
    };
  }
}

function sameInit(a: ParameterInit, b: ParameterInit): boolean {
  return a.kind === b.kind && stdOf(a) === stdOf(b);
}

function stdOf(init: ParameterInit): number {
  return init.kind === 'normal' ? init.std : 0;
}

function describe({ shape, init }: Omit<ParameterSpec, 'name'>): string {
  return `${formatShape(shape)} ${init.kind}${init.kind === 'normal' ? `(${init.std})` : ''}`;
}
