import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import type { PointTensor } from '../../src/network/point-layout.js';
import { noise } from '../flow/points.js';
import { thrownBy } from '../support/error-code.js';
import { predictAt, TIMES, TINY, TINY_PNA, TINY_RELATIONAL } from './tiny-network.js';

const { neurons, slots } = networkOf(architecture([3, 4, 2]));
const gain: PointTensor = {
  name: 'g1',
  node: 'scale',
  role: 'gain',
  shape: [4],
  axes: ['h1'],
  from: null,
  to: 'h1',
  sphere: null,
  features: 1,
};

describe('a tensor that a velocity network has no output for', () => {
  it.each([TINY, TINY_RELATIONAL, TINY_PNA])('is refused by its name: $kind', (config) => {
    for (const [to, size] of [
      ['h1', 4],
      ['output', 2],
    ] as const) {
      const layout = { neurons, tensors: [...slots, { ...gain, shape: [size], axes: [to], to }] };
      const shapes = layout.tensors.map(({ shape }) => [TIMES.length, ...(shape as number[])]);
      const point = { layout, tensors: noise(shapes, 'gain') };
      const { code, message } = thrownBy(() => predictAt(config, point));
      expect(code).toBe('unsupported-architecture');
      expect(message).toBe(
        `the velocity network has no output for g1, a gain of the neurons ${to}`,
      );
    }
  });
});
