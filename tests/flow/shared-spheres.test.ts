import { expect, it } from 'vitest';

import { sphereBlocks } from '../../src/flow/sphere-blocks.js';
import { add, dense, graphArchitecture, residual } from '../network/graphs.js';
import { thrownBy } from '../support/error-code.js';

it('the stem of a residual group lies on spheres, what its block adds does not', () => {
  const nodes = [dense(4, 'stem'), dense(5), dense(4, 'up'), add(['up', 'stem']), dense(2)];
  expect(sphereBlocks(graphArchitecture({ input: [3], nodes }))).toEqual([
    { offset: 0, count: 4, size: 3 },
    { offset: 16, count: 5, size: 4 },
    { offset: 65, count: 1, size: 8 },
  ]);
});

it('a sphere that spans two tensors is refused', () => {
  const { code, message } = thrownBy(() => sphereBlocks(graphArchitecture(residual())));
  expect(code).toBe('unsupported-architecture');
  expect(message).toContain('where w5 and w6 share theirs');
});
