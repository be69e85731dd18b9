import { describe, expect, it } from 'vitest';

import { DisjointSets } from '../../src/network/disjoint-sets.js';
import { Random } from '../../src/random.js';

describe('DisjointSets', () => {
  it('is the transitive closure of what was joined, with the smallest element for each set', () => {
    const random = new Random(8);
    for (let trial = 0; trial < 20; trial++) {
      const sets = new DisjointSets();
      const labels = Array.from({ length: 30 }, () => sets.add());
      for (let join = 0; join < 20; join++) {
        const [a, b] = [random.integer(30), random.integer(30)];
        sets.join(a, b);
        const [first, second] = [labels[a]!, labels[b]!].sort((x, y) => x - y) as [number, number];
        labels.forEach((label, i) => (labels[i] = label === second ? first : label));
      }
      expect(labels.map((_, i) => sets.find(i))).toEqual(labels);
    }
  });
});
