import { describe, expect, it } from 'vitest';
import { architecture } from '../../../src/network/architecture.js';
import { initialise } from '../../../src/network/initialise.js';
import { permutationSpec } from '../../../src/network/permutation-spec.js';
import { permuteNeurons } from '../../../src/network/permute.js';
import { createMatcher, MATCHERS } from '../../../src/experiments/barriers/matchers.js';
import { createPace } from '../../../src/pace.js';
import { Random } from '../../../src/random.js';

const arch = architecture([3, 4, 2]);
const spec = permutationSpec(arch);
const random = new Random(5, 'matchers');
const pace = createPace();
const rows = 20;
const train = {
  features: random.normals(rows * 3),
  labels: Uint8Array.from({ length: rows }, (_, row) => row % 2),
};
const reference = initialise(arch, random);
const other = initialise(arch, random);
const shuffled = permuteNeurons(reference, arch, spec, [Int32Array.of(2, 0, 3, 1)]);

describe('createMatcher', () => {
  const finders = MATCHERS.filter(
    (name) => !['none', 'sinkhorn-midpoint', 'sinkhorn-random-point'].includes(name),
  );

  it.each(finders)('finds by %s the order that a network was shuffled from', async (name) => {
    const permutations = await createMatcher(name, arch, train, pace)(reference, shuffled, 0);
    expect(permuteNeurons(shuffled, arch, spec, permutations)).toEqual(reference);
  });

  it('leaves a network as it is without alignment', async () => {
    const permutations = await createMatcher('none', arch, train, pace)(reference, shuffled, 0);
    expect(permuteNeurons(shuffled, arch, spec, permutations)).toEqual(shuffled);
  });

  it('draws for a pair the same random points whatever pairs were matched before it', async () => {
    const fresh = createMatcher('sinkhorn-random-point', arch, train, pace);
    const used = createMatcher('sinkhorn-random-point', arch, train, pace);
    await used(reference, shuffled, 0);
    expect(await used(reference, other, 1)).toEqual(await fresh(reference, other, 1));
  });
});
