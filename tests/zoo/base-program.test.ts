import { describe, expect, it } from 'vitest';
import { ACTIVATIONS, architecture } from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import { initialise } from '../../src/network/initialise.js';
import { ReferenceOps, scalarValue, tensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { baseLossProgram, stackNetworks, unstackNetworks } from '../../src/zoo/base-program.js';
import { crossEntropy } from '../../src/zoo/metrics.js';

describe('stacking', () => {
  it('is undone by unstacking and puts each network into its own slice', () => {
    const arch = architecture([3, 4, 2]);
    const networks = [0, 1, 2].map((run) => initialise(arch, new Random(run)));
    const stacked = stackNetworks(arch, networks);
    expect(stacked.map(({ length }) => length)).toEqual([36, 12, 24, 6]);
    expect(stacked[1]!.subarray(4, 8)).toEqual(networks[1]!.subarray(12, 16));
    expect(unstackNetworks(arch, stacked)).toEqual(networks);
  });
});

describe('baseLossProgram', () => {
  it.each(ACTIVATIONS)('is the sum of the mean cross-entropies, with %s', (activation) => {
    const arch = architecture([3, 5, 4, 2], activation);
    const networks = [0, 1].map((run) => initialise(arch, new Random(run)));
    const batch = 6;
    const x = new Random(9).normals(2 * batch * 3);
    const labels = Uint8Array.from({ length: 2 * batch }, (_, i) => ((i * i) % 3) % 2);
    const targets = Float32Array.from({ length: 4 * batch }, (_, i) =>
      labels[i >> 1] === i % 2 ? 1 : 0,
    );
    const program = baseLossProgram(arch, 2, batch);
    const stacked = stackNetworks(arch, networks);
    const loss = program.loss(
      new ReferenceOps(),
      new Map(program.parameters.map(({ name, shape }, i) => [name, tensor(stacked[i]!, shape)])),
      new Map([
        ['x', tensor(x, [2, batch, 3])],
        ['targets', tensor(targets, [2, batch, 2])],
      ]),
    );
    const alone = networks.map((weights, m) =>
      crossEntropy(
        forward(arch, weights, x.subarray(m * batch * 3, (m + 1) * batch * 3)),
        labels.subarray(m * batch, (m + 1) * batch),
      ),
    );
    expect(scalarValue(loss)).toBeCloseTo(alone[0]! + alone[1]!, 10);
  });
});
