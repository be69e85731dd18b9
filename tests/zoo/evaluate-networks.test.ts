import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import { initialise } from '../../src/network/initialise.js';
import { Random } from '../../src/random.js';
import { evaluateNetworks } from '../../src/zoo/evaluate-networks.js';

describe('evaluateNetworks', () => {
  const arch = architecture([3, 4, 2], 'gelu');
  const networks = [0, 1, 2].map((run) => initialise(arch, new Random(run)));

  it('gives the logits of each network on all rows, however many', () => {
    const features = new Random(9).normals(3 * 5000);
    const logits = evaluateNetworks(arch, networks, features);
    expect(logits.length).toBe(3);
    networks.forEach((weights, index) => {
      expect(logits[index]).toEqual(forward(arch, weights, features));
    });
  });

  it('refuses rows of another width', () => {
    expect(() => evaluateNetworks(arch, networks, new Float32Array(10))).toThrow(
      expect.objectContaining({ code: 'shape-mismatch' }),
    );
  });
});
