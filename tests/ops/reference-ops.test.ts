import { describe, expect, it } from 'vitest';
import { describeTensorOps } from './conformance.js';
import { referenceRunner } from './runners/reference.js';
import { ReferenceOps, scalarValue, tensor } from '../../src/ops/reference-ops.js';

const ops = new ReferenceOps();

describe('ReferenceOps', () => {
  it('keeps double precision', () => {
    expect(scalarValue(ops.sub(ops.add(tensor(1), tensor(1e-12)), tensor(1)))).toBeCloseTo(
      1e-12,
      15,
    );
    expect(scalarValue(ops.erf(tensor(1)))).toBeCloseTo(0.8427007929497149, 15);
  });

  it('does not change its operands', () => {
    const x = tensor([3, 1, 2], [3]);
    ops.logSoftmax(x);
    ops.add(x, x);
    expect([...x.data]).toEqual([3, 1, 2]);
  });

  it('refuses the value of a tensor with several elements', () => {
    expect(() => scalarValue(tensor([1, 2], [2]))).toThrow(/one element, got \[2\]/);
  });
});

describeTensorOps('ReferenceOps', referenceRunner, { tolerance: 1e-12 });
