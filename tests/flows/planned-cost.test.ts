import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { dimValue } from '../../src/onnx/dim-value.js';
import { labelledRows } from '../../src/data/labelled-rows.js';
import { GUIDANCE_FORMS, type GuidanceForm } from '../../src/flow/guidance.js';
import type { Solver } from '../../src/flow/solvers/solver.js';
import { DEFAULT_MODELS_DIR } from '../../src/package-info.js';
import type { FlowSummary } from '../../src/flows/flow-summary.js';
import { openFlow, type OpenedFlow } from '../../src/flows/flow-store.js';
import { completeGuide } from '../../src/flows/guide.js';
import { guidedStepModel } from '../../src/flows/guided-step-model.js';
import { plannedOperations } from '../../src/flows/planned-operations.js';
import {
  jobOperations,
  largestFitting,
  operationsWithin,
  type CostlyJob,
} from '../../src/flows/planned-cost.js';

let flow: OpenedFlow;
let wdbc: FlowSummary;

beforeAll(async () => {
  flow = await openFlow(join(DEFAULT_MODELS_DIR, 'wdbc'));
  wdbc = flow.summary;
});

function job(layers: readonly number[], count: number, solver: Solver, steps: number): CostlyJob {
  return { architecture: architecture(layers), count, solver, steps };
}

describe('planned operations', () => {
  const limit = operationsWithin(120_000);

  // Each is within the former bound, count × weights × evaluations ≤ 10⁸, and ran for minutes.
  it.each([
    [[30, 40, 40, 40, 2], 21, 256],
    [[30, 4, 2], 256, 256],
  ])('are too many for the default time limit: %j, %d networks', (layers, count, steps) => {
    expect(jobOperations(wdbc, job(layers, count, 'rk4', steps))).toBeGreaterThan(limit);
  });

  it.each([
    [[30, 16, 16, 2], 256, 'euler', 8],
    [[30, 32, 32, 32, 2], 256, 'euler', 8],
    [[30, 16, 16, 2], 1, 'rk4', 256],
  ] as const)('fit into it: %j, %d networks, %s in %d steps', (layers, count, solver, steps) => {
    expect(jobOperations(wdbc, job(layers, count, solver, steps))).toBeLessThan(limit);
  });

  it('grow with networks, widths, and evaluations', () => {
    const base = jobOperations(wdbc, job([30, 16, 16, 2], 4, 'euler', 8));
    expect(jobOperations(wdbc, job([30, 16, 16, 2], 4, 'heun', 8)) / base).toBeCloseTo(15 / 8);
    expect(jobOperations(wdbc, job([30, 16, 16, 2], 8, 'euler', 8))).toBeGreaterThan(1.2 * base);
    expect(jobOperations(wdbc, job([30, 32, 16, 2], 4, 'euler', 8))).toBeGreaterThan(1.2 * base);
  });

  it('grow with the rows of a guide, and threefold through the velocity network', () => {
    const base = job([30, 16, 16, 2], 8, 'euler', 8);
    const withRows = (rows: number, form: GuidanceForm): number => {
      const data = labelledRows(new Float32Array(30 * rows), new Uint8Array(rows));
      return jobOperations(wdbc, { ...base, guide: completeGuide(data, { form }) });
    };
    const free = jobOperations(wdbc, base);
    const [few, many] = [withRows(100, 'end-point'), withRows(400, 'end-point')];
    expect(few).toBeGreaterThan(free);
    // Products alone: three of a forward pass over so many rows, for 8 networks in 8 steps.
    const weights = 30 * 16 + 16 * 16 + 16 * 2;
    expect(many - few).toBeGreaterThan(0.6 * 3 * 2 * 300 * weights * 8 * 8);
    expect(withRows(100, 'through-network') - few).toBeCloseTo(2 * free, -6);
    const none = completeGuide(labelledRows(new Float32Array(30), new Uint8Array(1)), {
      strength: 0,
    });
    expect(jobOperations(wdbc, { ...base, guide: none })).toBe(free);
  });

  it.each(GUIDANCE_FORMS)('of a guided step bound those of its graph, in the form %s', (form) => {
    const arch = architecture([30, 16, 16, 2]);
    const parameters = new Map(
      [...flow.parameterShapes].map(([name, shape]) => {
        const size = shape.reduce((product, dim) => product * dim, 1);
        return [name, { shape, data: new Float32Array(size) }] as const;
      }),
    );
    const data = labelledRows(new Float32Array(30 * 200), new Uint8Array(200));
    const guide = completeGuide(data, { form });
    const { gradients } = guide;
    const method = { form, schedule: 'constant', gradients } as const;
    const step = { solver: 'euler', method, architecture: arch } as const;
    const model = guidedStepModel(flow.config, step, parameters, networkOf(arch).family);
    const sizes = { batch: 4, h1: 16, h2: 16, rows: 200 };
    const actual = dimValue(plannedOperations(model), sizes);
    const planned = jobOperations(wdbc, { ...job([30, 16, 16, 2], 4, 'euler', 1), guide });
    expect(actual / planned).toBeLessThan(1.25);
    expect(actual / planned).toBeGreaterThan(0.5);
  });

  it('say what would fit', () => {
    const large = job([30, 40, 40, 40, 2], 256, 'rk4', 256);
    for (const field of ['count', 'steps'] as const) {
      const fitting = largestFitting(wdbc, large, field, limit);
      expect(jobOperations(wdbc, { ...large, [field]: fitting })).toBeLessThanOrEqual(limit);
      expect(jobOperations(wdbc, { ...large, [field]: fitting + 1 })).toBeGreaterThan(limit);
    }
  });

  it('are not known of a family that the flow does not have', () => {
    expect(() => jobOperations(wdbc, job([30, 8, 8, 8, 8, 2], 1, 'euler', 1))).toThrow(
      'flow wdbc makes networks like 30-h1-2, 30-h1-h2-2, 30-h1-h2-h3-2, got 30-8-8-8-8-2/relu',
    );
  });
});
