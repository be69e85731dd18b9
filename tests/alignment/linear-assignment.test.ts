import { describe, expect, it } from 'vitest';

import { AssignmentSolver, solveAssignment } from '../../src/alignment/linear-assignment.js';
import { invertPermutation } from '../../src/network/permute.js';
import { Random } from '../../src/random.js';
import { runPython } from '../support/python.js';

function total(cost: Float64Array, n: number, columns: Int32Array): number {
  return columns.reduce((sum, column, row) => sum + cost[row * n + column]!, 0);
}

/** Smallest total over all n! permutations. */
function bruteForce(cost: Float64Array, n: number, row = 0, used = 0): number {
  if (row === n) return 0;
  let best = Infinity;
  for (let column = 0; column < n; column++) {
    if ((used & (1 << column)) !== 0) continue;
    best = Math.min(
      best,
      cost[row * n + column]! + bruteForce(cost, n, row + 1, used | (1 << column)),
    );
  }
  return best;
}

/**
 * Bertsekas' auction with ε-scaling: an independent solver, exact for integer costs once ε < 1/n.
 */
function auction(cost: Float64Array, n: number): Int32Array {
  const prices = new Float64Array(n);
  const owner = new Int32Array(n);
  const bought = new Int32Array(n);
  const largest = cost.reduce((m, c) => Math.max(m, Math.abs(c)), 1);
  for (let epsilon = largest; epsilon * n >= 1 / 4; epsilon /= 4) {
    owner.fill(-1);
    bought.fill(-1);
    const queue = Array.from({ length: n }, (_, row) => row);
    for (let row = queue.pop(); row !== undefined; row = queue.pop()) {
      let best = -Infinity;
      let second = -Infinity;
      let choice = 0;
      for (let column = 0; column < n; column++) {
        const value = -cost[row * n + column]! - prices[column]!;
        if (value > best) [best, second, choice] = [value, best, column];
        else if (value > second) second = value;
      }
      prices[choice]! += (n === 1 ? 0 : best - second) + epsilon;
      const displaced = owner[choice]!;
      if (displaced !== -1) queue.push(displaced);
      owner[choice] = row;
      bought[row] = choice;
    }
  }
  return bought;
}

const KINDS: Record<string, (random: Random) => number> = {
  real: (random) => random.normal(),
  'with many ties': (random) => random.integer(3),
  'of mixed magnitude': (random) => random.normal() * 10 ** random.integer(9),
  'all equal': () => 1,
};

describe('solveAssignment', () => {
  for (const [kind, draw] of Object.entries(KINDS)) {
    it(`equals brute force on costs ${kind}, n ≤ 7`, () => {
      const random = new Random(11, kind);
      for (let n = 1; n <= 7; n++) {
        for (let trial = 0; trial < 20; trial++) {
          const cost = Float64Array.from({ length: n * n }, () => draw(random));
          const columns = solveAssignment(cost);
          invertPermutation(columns);
          const scale = cost.reduce((m, c) => Math.max(m, Math.abs(c)), 1);
          const smallest = bruteForce(cost, n);
          expect(Math.abs(total(cost, n, columns) - smallest)).toBeLessThanOrEqual(1e-12 * scale);
          const negated = cost.map((c) => -c);
          expect(solveAssignment(negated, { maximize: true })).toEqual(columns);
        }
      }
    });
  }

  it('equals an auction on integer costs, n ≤ 60', () => {
    const random = new Random(12);
    for (const n of [8, 16, 33, 60]) {
      for (const range of [5, 1000]) {
        const cost = Float64Array.from({ length: n * n }, () => random.integer(range) - range / 2);
        expect(total(cost, n, solveAssignment(cost))).toBe(total(cost, n, auction(cost, n)));
      }
    }
  });

  it('equals SciPy at n = 512, and is fast enough there', (context) => {
    const n = 512;
    const random = new Random(13);
    const cost = Float64Array.from({ length: n * n }, () => random.integer(10000));
    const startMs = performance.now();
    const found = total(cost, n, solveAssignment(cost));
    const tookMs = performance.now() - startMs;
    // About 30 ms on the development machine; the bound only catches a wrong complexity.
    expect(tookMs).toBeLessThan(5000);
    const script = [
      'import sys, numpy as np',
      'from scipy.optimize import linear_sum_assignment',
      `cost = np.array(sys.stdin.read().split(','), dtype=float).reshape(${String(n)}, -1)`,
      'print(cost[linear_sum_assignment(cost)].sum())',
    ].join('\n');
    const answer = runPython(script, { packages: ['scipy', 'numpy'], input: cost.join(',') });
    if (answer.skipped) context.skip(answer.reason);
    else expect(found).toBe(Number(answer.stdout));
  });

  it('reuses its memory for problems of any smaller size', () => {
    const solver = new AssignmentSolver(9);
    const random = new Random(14);
    for (const n of [9, 3, 7, 1, 9]) {
      const cost = Float64Array.from({ length: 81 }, () => random.normal());
      expect(solver.solve(cost, n)).toEqual(solveAssignment(cost.slice(0, n * n)));
    }
    expect(() => solver.solve(new Float64Array(100), 10)).toThrow('at most 9 rows');
  });

  it('refuses NaN, infinite and huge costs and matrices that are not square', () => {
    for (const bad of [NaN, Infinity, -Infinity, 1e301]) {
      const cost = Float64Array.of(1, 2, bad, 4);
      expect(() => solveAssignment(cost)).toThrow(`got ${String(bad)} in row 1, column 0`);
    }
    expect(() => solveAssignment(new Float64Array(5))).toThrow('square cost matrix, got 5');
    expect(solveAssignment(new Float64Array(0))).toEqual(new Int32Array(0));
  });
});
