import { describe, expect, it } from 'vitest';

import { LAYER_OPS } from '../../../src/network/layers/registry.js';
import { LAYER_CASES } from './cases.js';
import { describeLayer } from './conformance.js';

describe('the conformance suite of layers', () => {
  it('has cases of every kind', () => {
    expect(Object.keys(LAYER_CASES).sort()).toEqual([...LAYER_OPS].sort());
    for (const op of LAYER_OPS) expect(LAYER_CASES[op].length, op).toBeGreaterThan(0);
  });
});

for (const [op, cases] of Object.entries(LAYER_CASES)) {
  for (const layerCase of cases) describeLayer(op, layerCase);
}
