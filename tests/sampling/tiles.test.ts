import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { MemoryPlan } from '../../src/onnx/memory-plan.js';
import { OnnxOps } from '../../src/ops/onnx-ops.js';
import { TilePlanner, tileSize } from '../../src/sampling/tiles.js';
import { thrownBy } from '../support/error-code.js';

const MIB = 2 ** 20;
const ARCH = architecture([4, 8, 8, 2]);

describe('tileSize', () => {
  it('is as large as brings speed where memory is no matter', () => {
    expect(tileSize(1, 1024 * MIB, ARCH)).toBe(64);
  });

  it('keeps the memory, and never grows with what a network takes', () => {
    let before = Infinity;
    for (let planned = 1024; planned <= 8 * MIB; planned *= 1.3) {
      const tile = tileSize(planned, 32 * MIB, ARCH);
      expect(tile * planned).toBeLessThan(32 * MIB);
      expect(tile).toBeLessThanOrEqual(before);
      before = tile;
    }
    expect(before).toBeLessThan(4);
  });

  it('is one where a network takes more than brings speed, and still fits', () => {
    expect(tileSize(200 * MIB, 1024 * MIB, ARCH)).toBe(1);
  });

  it('refuses a network that does not fit', () => {
    const error = thrownBy(() => tileSize(200 * MIB, 256 * MIB, ARCH));
    expect(error).toMatchObject({
      code: 'too-large',
      message: expect.stringMatching(/4-8-8-2\/relu takes some 500 MiB.* 256 MiB/) as string,
    });
  });
});

describe('TilePlanner', () => {
  it('plans a graph once, and evaluates the plan for each architecture', () => {
    let built = 0;
    const pairs = {
      key: 'pairs',
      plan: () => {
        built++;
        const graph = new GraphBuilder({ name: 'pairs' });
        const ops = new OnnxOps(graph);
        const [a, b] = [ops.input('a', ['batch', 'h1', 1]), ops.input('b', ['batch', 1, 'h2'])];
        ops.output('y', ops.sum(ops.exp(ops.mul(a, b)), [1, 2]));
        return new MemoryPlan(graph.build());
      },
    };
    const planner = new TilePlanner(64 * MIB);
    const tileOf = (h1: number, h2: number): number =>
      planner.tile(pairs, architecture([4, h1, h2, 2]));
    expect(tileOf(8, 8)).toBe(64);
    // Two blocks of h1·h2 numbers of four bytes, times 2.5, in 64 MiB.
    expect(tileOf(1024, 500)).toBe(6);
    expect(tileOf(500, 1024)).toBe(6);
    expect(built).toBe(1);
  });
});
