import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { flatWeights, torchTensors } from '../../src/formats/torch-tensors.js';
import { thrownBy } from '../support/error-code.js';

const arch = architecture([2, 3, 1]);
const weights = Float32Array.from({ length: 13 }, (_, i) => i);

describe('torchTensors', () => {
  it('names and transposes as torch.nn.Sequential does', () => {
    expect(torchTensors(arch, weights)).toEqual([
      { name: '0.weight', shape: [3, 2], data: Float32Array.of(0, 3, 1, 4, 2, 5) },
      { name: '0.bias', shape: [3], data: Float32Array.of(6, 7, 8) },
      { name: '2.weight', shape: [1, 3], data: Float32Array.of(9, 10, 11) },
      { name: '2.bias', shape: [1], data: Float32Array.of(12) },
    ]);
  });

  it('copies, so that the weights may be reused', () => {
    const reused = weights.slice();
    const tensors = torchTensors(arch, reused);
    reused.fill(-1);
    expect(tensors).toEqual(torchTensors(arch, weights));
  });

  it('refuses weights of another architecture', () => {
    const error = thrownBy(() => torchTensors(arch, new Float32Array(14)));
    expect(error.code).toBe('shape-mismatch');
    expect(error.message).toContain('expected 13 weights, got 14 for 2-3-1/relu');
  });

  it('is undone by flatWeights', () => {
    const byName = new Map(torchTensors(arch, weights).map((tensor) => [tensor.name, tensor]));
    expect(flatWeights(arch, (name) => byName.get(name)!.data)).toEqual(weights);
  });

  it('is undone only with tensors of the sizes that flatWeights asks for', () => {
    const asked: unknown[] = [];
    flatWeights(arch, (name, size) => {
      asked.push([name, size]);
      return new Float32Array(size);
    });
    expect(asked).toEqual([
      ['0.weight', 6],
      ['0.bias', 3],
      ['2.weight', 3],
      ['2.bias', 1],
    ]);
  });
});
