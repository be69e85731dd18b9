import { describe, expect, it } from 'vitest';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { collectParameters, replay, Tracer, type Expression } from '../../src/ops/trace.js';

const reference = new ReferenceOps();

/** Counts what an interpreter is asked for. */
class CountingOps extends ReferenceOps {
  readonly calls: string[] = [];

  override exp(x: ReferenceTensor): ReferenceTensor {
    this.calls.push('exp');
    return super.exp(x);
  }

  override log(x: ReferenceTensor): ReferenceTensor {
    this.calls.push('log');
    return super.log(x);
  }
}

describe('Tracer', () => {
  it('shares equal operations, also with the operands of a sum or product exchanged', () => {
    const ops = new Tracer();
    const [x, y] = [ops.input('x', ['n', 3]), ops.input('y', ['n', 3])];
    expect(ops.exp(ops.mul(x, y))).toBe(ops.exp(ops.mul(y, x)));
    expect(ops.sum(x, [0])).toBe(ops.sum(x, [0]));
    expect(ops.sum(x, [0])).not.toBe(ops.sum(x, [1]));
    expect(ops.sub(x, y)).not.toBe(ops.sub(y, x));
    expect(ops.constant([1, 2])).toBe(ops.constant([1, 2]));
    expect(ops.constant([1, 2])).not.toBe(ops.constant([1, 2], [2, 1]));
    expect(ops.constant(0)).not.toBe(ops.constant(-0));
    expect(ops.input('x', ['n', 3])).toBe(x);
  });

  it('copies constants, which their owner may change', () => {
    const ops = new Tracer();
    const values = [1, 2];
    const constant = ops.constant(values);
    values[0] = 5;
    expect([
      ...replay([constant], reference, new Map<Expression, ReferenceTensor>())[0]!.data,
    ]).toEqual([1, 2]);
  });

  it('infers symbolic shapes', () => {
    const ops = new Tracer();
    const x = ops.input('x', ['batch', 'h', 4]);
    const y = ops.input('y', ['batch', 1, 4]);
    const both = ops.concat([x, y], 1);
    expect(both.shape).toEqual(['batch', 'h+1', 4]);
    expect(ops.slice(both, 1, 'h', 1).shape).toEqual(['batch', 1, 4]);
    expect(ops.add(x, y).shape).toEqual(['batch', 'h', 4]);
    expect(ops.matMul(x, ops.input('w', [4, 2])).shape).toEqual(['batch', 'h', 2]);
    expect(ops.transpose(x, [2, 0, 1]).shape).toEqual([4, 'batch', 'h']);
    expect(ops.reshape(x, ['batch*h', 4]).shape).toEqual(['batch*h', 4]);
    expect(ops.pad(y, 1, 'h', 2).shape).toEqual(['batch', 'h+3', 4]);
    expect(ops.count(x, [0, 2]).shape).toEqual([]);
    expect(ops.mean(x, [1], true).shape).toEqual(['batch', 1, 4]);
  });

  it.each<[string, (ops: Tracer, x: Expression) => unknown, RegExp]>([
    ['add', (ops, x) => ops.add(x, ops.constant([1, 2])), /add expects shapes that broadcast/],
    [
      'add of unequal symbols',
      (ops, x) => ops.add(x, ops.input('y', ['m', 3])),
      /got \[n, 3\] and \[m, 3\]/,
    ],
    ['matMul', (ops, x) => ops.matMul(x, x), /matMul expects .* got \[n, 3\] and \[n, 3\]/],
    ['sum', (ops, x) => ops.sum(x, [2]), /sum expects an axis of \[n, 3\]/],
    ['sum over an axis twice', (ops, x) => ops.sum(x, [1, 1]), /each axis once, got \[1, 1\]/],
    ['transpose', (ops, x) => ops.transpose(x, [0, 0]), /permutation of the axes/],
    ['reshape', (ops, x) => ops.reshape(x, ['n', 4]), /same number of elements, got \[n, 3\]/],
    ['broadcastTo', (ops, x) => ops.broadcastTo(x, [2, 3]), /got \[n, 3\] and \[2, 3\]/],
    ['concat', (ops, x) => ops.concat([x, ops.input('y', ['m', 3])], 1), /equal but for axis 1/],
    ['concat of nothing', (ops) => ops.concat([], 0), /concat expects an input, got none/],
    [
      'slice',
      (ops, x) => ops.slice(x, 1, 2, 2),
      /inside axis 1 of \[n, 3\], got 2 elements from 2/,
    ],
    ['pad', (ops, x) => ops.pad(x, 1, -1, 0), /amounts of at least 0/],
    ['constant', (ops) => ops.constant([1, 2, 3], [2]), /values of shape \[2\], got 3/],
    ['input', (ops) => ops.input('x', ['n', 4]), /"x" was recorded with shape \[n, 3\]/],
    ['softmax', (ops) => ops.softmax(ops.constant(1)), /softmax expects an axis/],
  ])('refuses a mismatch of shapes: %s', (_, record, message) => {
    const ops = new Tracer();
    const x = ops.input('x', ['n', 3]);
    expect(() => record(ops, x)).toThrow(
      expect.objectContaining({
        code: 'shape-mismatch',
        message: expect.stringMatching(message) as string,
      }) as Error,
    );
  });

  it('leaves trivial operations out', () => {
    const ops = new Tracer();
    const x = ops.input('x', [2, 3, 1]);
    const [zero, one] = [ops.constant(0), ops.constant(1)];
    expect(ops.add(x, zero)).toBe(x);
    expect(ops.add(zero, x)).toBe(x);
    expect(ops.sub(x, zero)).toBe(x);
    expect(ops.mul(one, x)).toBe(x);
    expect(ops.div(x, one)).toBe(x);
    expect(ops.mul(ops.mul(x, ops.constant(2)), ops.constant(0.5))).toBe(x);
    expect(ops.transpose(ops.transpose(x, [1, 2, 0]), [2, 0, 1])).toBe(x);
    expect(ops.reshape(ops.reshape(x, [6]), [2, 3, 1])).toBe(x);
    expect(ops.sum(x, [2], true)).toBe(x);
    expect(ops.mean(x, [2], true)).toBe(x);
    expect(ops.slice(x, 1, 0, 3)).toBe(x);
    expect(ops.pad(x, 1, 0, 0)).toBe(x);
    expect(ops.broadcastTo(x, [2, 3, 1])).toBe(x);
    expect(ops.concat([x], 0)).toBe(x);
    expect(ops.add(ops.constant(2), ops.constant(3))).toBe(ops.constant(5));
    expect(ops.div(x, ops.constant(4))).toBe(ops.mul(x, ops.constant(0.25)));
  });

  it('applies constant factors to the smaller operand of a product', () => {
    const ops = new Tracer();
    const [x, s] = [ops.input('x', ['n', 3]), ops.input('s', ['n', 1])];
    const two = ops.constant(2);
    expect(ops.mul(ops.mul(x, s), two)).toBe(ops.mul(x, ops.mul(s, two)));
    expect(ops.sum(ops.mul(x, two), [0])).toBe(ops.mul(ops.sum(x, [0]), two));
  });

  it('brings numbers to the rank of values that end in an axis of size 1', () => {
    const ops = new Tracer();
    const mean = ops.input('mean', ['n', 1]);
    const shifted = ops.add(mean, ops.constant(1e-5));
    expect(shifted.inputs.map(({ shape }) => shape)).toEqual([
      ['n', 1],
      [1, 1],
    ]);
  });

  it('keeps divisions by zero', () => {
    const ops = new Tracer();
    const x = ops.input('x', [2]);
    const [value] = replay(
      [ops.div(x, ops.constant(0))],
      reference,
      new Map([[x, tensor([1, -1])]]),
    );
    expect([...value!.data]).toEqual([Infinity, -Infinity]);
  });

  it('keeps operations that only look trivial, because they broadcast', () => {
    const ops = new Tracer();
    const x = ops.input('x', [3]);
    expect(ops.mul(x, ops.constant([1, 1], [2, 1])).shape).toEqual([2, 3]);
    expect(ops.add(ops.constant([0], [1, 1]), x).shape).toEqual([1, 3]);
    expect(ops.mul(ops.broadcastTo(x, [2, 3]), ops.broadcastTo(x, [2, 3])).shape).toEqual([2, 3]);
  });
});

describe('replay', () => {
  it('computes what is needed, once', () => {
    const ops = new Tracer();
    const x = ops.input('x', [2]);
    const shared = ops.exp(x);
    ops.log(x);
    const results = [ops.add(shared, ops.exp(x)), shared];
    const counting = new CountingOps();
    const values = replay(results, counting, new Map([[x, tensor([0, 1])]]));
    expect(counting.calls).toEqual(['exp']);
    expect([...values[0]!.data]).toEqual([2, 2 * Math.E]);
  });

  it('takes a bound expression as it is and does not compute it', () => {
    const ops = new Tracer();
    const inner = ops.exp(ops.input('x', [2]));
    const [value] = replay(
      [ops.mul(inner, ops.constant(2))],
      reference,
      new Map([[inner, tensor([3, 4])]]),
    );
    expect([...value!.data]).toEqual([6, 8]);
  });

  it('survives a recording much deeper than the stack', () => {
    const ops = new Tracer();
    const x = ops.input('x', []);
    let y = x;
    for (let i = 0; i < 50_000; i++) y = ops.sin(y);
    const [value] = replay([y], reference, new Map([[x, tensor(1)]]));
    expect(value!.data[0]).toBeGreaterThan(0);
  });

  it('gives symbols their values, also in sums, products and differences', () => {
    const ops = new Tracer();
    const x = ops.input('x', ['b', 'h']);
    const flat = ops.reshape(x, ['b*h']);
    const padded = ops.pad(flat, 0, 0, '-1*b*h+10');
    const sliced = ops.slice(padded, 0, 'h', 'h+1');
    const [value] = replay([sliced], reference, new Map([[x, tensor([1, 2, 3, 4, 5, 6], [2, 3])]]));
    expect([...value!.data]).toEqual([4, 5, 6, 0]);
  });

  it('renames symbols in an interpreter that has its own', () => {
    const inner = new Tracer();
    const x = inner.input('x', ['n', 2]);
    const outer = new Tracer();
    const [copy] = replay(
      [inner.reshape(x, ['2*n'])],
      outer,
      new Map([[x, outer.input('y', ['batch', 2])]]),
    );
    expect(copy!.shape).toEqual(['2*batch']);
  });

  it('refuses a missing value and values whose shapes do not fit', () => {
    const ops = new Tracer();
    const [x, y] = [ops.input('x', ['n', 2]), ops.input('y', ['n'])];
    const sum = ops.add(ops.sum(x), ops.sum(y));
    expect(() => replay([sum], reference, new Map([[x, tensor([1, 2], [1, 2])]]))).toThrow(
      /expects a value for input "y"/,
    );
    const values = [tensor([1, 2, 3], [1, 3]), tensor([1])] as const;
    expect(() =>
      replay(
        [sum],
        reference,
        new Map([
          [x, values[0]],
          [y, values[1]],
        ]),
      ),
    ).toThrow(/expected a value for \[n, 2\], here \[1, 2\], got \[1, 3\]/);
    expect(() =>
      replay(
        [sum],
        reference,
        new Map([
          [x, tensor([1, 2], [1, 2])],
          [y, tensor([1, 2])],
        ]),
      ),
    ).toThrow(/value for \[n, 2\]/);
  });
});

describe('collectParameters', () => {
  it('lists parameters in the order of first use', () => {
    const specs = collectParameters((ops, parameter) => {
      const x = ops.input('x', ['batch', 3]);
      const w = parameter('w', [3, 2], { kind: 'normal', std: 0.1 });
      const b = parameter('b', [2], { kind: 'zeros' });
      expect(parameter('w', [3, 2], { kind: 'normal', std: 0.1 })).toBe(w);
      return ops.add(ops.matMul(x, w), b);
    });
    expect(specs).toEqual([
      { name: 'w', shape: [3, 2], init: { kind: 'normal', std: 0.1 } },
      { name: 'b', shape: [2], init: { kind: 'zeros' } },
    ]);
  });

  it.each([
    ['shape', [3], { kind: 'zeros' }],
    ['start', [2], { kind: 'ones' }],
  ] as const)('refuses a name with a second %s', (_, shape, init) => {
    expect(() =>
      collectParameters((_ops, parameter) => {
        parameter('b', [2], { kind: 'zeros' });
        parameter('b', shape, init);
      }),
    ).toThrow(
      expect.objectContaining({
        code: 'invalid-argument',
        message: expect.stringContaining('parameter "b" was used as [2] zeros') as string,
      }) as Error,
    );
  });
});
