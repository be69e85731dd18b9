import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { FLOW_GEOMETRIES, type FlowGeometry } from '../../src/flow/geometry.js';
import { SOLVERS, type Solver } from '../../src/flow/solvers/solver.js';
import { sphereBlocks } from '../../src/flow/sphere-blocks.js';
import { DETERMINISTIC, type Stochasticity } from '../../src/flow/stochasticity.js';
import { TIME_GRIDS, timesOf, type TimeGrid } from '../../src/flow/solvers/time-grid.js';
import { WeightSpace } from '../../src/flow/weight-space.js';
import { Random } from '../../src/random.js';
import { coordinatesOf } from '../../src/flows/flow-config.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { SOLVER_CASES } from '../flow/solvers/cases.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

/*
 * From standard normal noise to standard normal data, drawn independently, the end point that is
 * expected at x_t is t/(t² + (1−t)²) x_t: a flow whose network answers 0 has the exact field,
 * v = a(t) x with a(t) = (t/(t² + (1−t)²) − 1)/(1−t), and leads every x_0 to x_1 = x_0. A solver
 * multiplies x by a known factor in each step instead.
 */

const ARCH = architecture([2, 10, 2]);
const SEED = 3;

const endOf = (t: number): number => t / (t ** 2 + (1 - t) ** 2);
const rate = (t: number): number => (endOf(t) - 1) / (1 - t);

interface Setting {
  readonly solver: Solver;
  readonly steps: number;
  readonly timeGrid?: TimeGrid;
  readonly stochasticity?: Stochasticity;
}

interface Step {
  readonly t: number;
  readonly dt: number;
  readonly factor: number;
}

/** The steps of a setting; the last one lands on the end point. */
function stepsOf({ solver, steps, timeGrid = 'uniform' }: Setting): readonly Step[] {
  const times = timesOf(timeGrid, steps);
  return Array.from({ length: steps }, (_, k) => {
    const [t, dt] = [times[k]!, times[k + 1]! - times[k]!];
    return { t, dt, factor: k < steps - 1 ? SOLVER_CASES[solver].factor(rate, t, dt) : endOf(t) };
  });
}

function withNoise({ strength, from, to }: Stochasticity, { t, dt }: Step): number {
  return t >= from && t < to ? strength * Math.sqrt(dt) : 0;
}

let flow: ToyFlow;
let sampler: Sampler;
let space: WeightSpace;

async function open(geometry: FlowGeometry): Promise<void> {
  flow = await writeToyFlow({ geometry, parameterStd: 0 });
  sampler = await Sampler.open({ modelsDir: flow.modelsDir });
  space = new WeightSpace(ARCH, coordinatesOf(flow.config));
}

async function close(): Promise<void> {
  await sampler.close();
  await flow.remove();
}

/** Coordinates of the networks that the sampler draws. */
async function sampled(setting: Setting, count: number): Promise<readonly Float32Array[]> {
  const drawn = await sampler.sampleWeights({
    flow: TOY_FLOW,
    architecture: ARCH,
    seed: SEED,
    firstIndex: 0,
    count,
    timeGrid: 'uniform',
    stochasticity: DETERMINISTIC,
    ...setting,
  });
  return drawn.map(({ weights }) => space.standardise(weights));
}

/** What the closed form makes of the noise of network `index`, on flat coordinates. */
function expectedOf(setting: Setting, index: number): Float64Array {
  const { stochasticity = DETERMINISTIC } = setting;
  const diffusion = new Random(SEED, 'diffusion', index);
  const point = Float64Array.from(space.prior(new Random(SEED, 'noise', index)));
  for (const step of stepsOf(setting)) {
    const scale = withNoise(stochasticity, step);
    const noise = scale === 0 ? null : diffusion.normals(space.dimension);
    point.forEach((x, i) => {
      point[i] = step.factor * (x + (noise === null ? 0 : scale * noise[i]!));
    });
  }
  return point;
}

const NOISE: readonly Stochasticity[] = [
  { strength: 0.4, from: 0, to: 1 },
  { strength: 0.4, from: 0.25, to: 0.75 },
];

describe('the exact field between standard normal distributions, Euclidean flow', () => {
  beforeAll(() => open('euclidean'));
  afterAll(close);

  const deterministic = SOLVERS.flatMap((solver) => [
    ...[1, 2, 5, 16].map((steps): Setting => ({ solver, steps })),
    { solver, steps: 5, timeGrid: 'quadratic' } as const,
  ]);
  const stochastic = SOLVERS.flatMap((solver) =>
    NOISE.map((stochasticity): Setting => ({ solver, steps: 8, stochasticity })),
  );

  it.each([...deterministic, ...stochastic])(
    'is integrated as the closed form says, number by number: %o (1e-4)',
    async (setting) => {
      (await sampled(setting, 3)).forEach((actual, index) => {
        expectedOf(setting, index).forEach((x, i) => {
          expect(Math.abs(actual[i]! - x)).toBeLessThan(1e-4 * Math.max(1, Math.abs(x)));
        });
      });
    },
  );

  it.each([...deterministic.filter(({ steps }) => steps === 5), ...stochastic])(
    'gives samples of the variance of the closed form: %o (10 %)',
    async (setting) => {
      const { stochasticity = DETERMINISTIC } = setting;
      const variance = stepsOf(setting).reduce(
        (sum, step) => (sum + withNoise(stochasticity, step) ** 2) * step.factor ** 2,
        1,
      );
      const values = (await sampled(setting, 128)).flatMap((point) => [...point]);
      const measured = values.reduce((sum, x) => sum + x * x, 0) / values.length;
      // 128 × 52 numbers: a standard error of √(2/6,656) = 1.7 %.
      expect(Math.abs(measured / variance - 1)).toBeLessThan(0.1);
    },
  );

  it('has the factors of an exact solver in the limit: 1 (1e-3 at 1024 steps)', () => {
    for (const solver of SOLVERS) {
      for (const timeGrid of TIME_GRIDS) {
        const product = stepsOf({ solver, steps: 1024, timeGrid }).reduce(
          (total, { factor }) => total * factor,
          1,
        );
        expect(Math.abs(product - 1)).toBeLessThan(solver === 'euler' ? 2e-3 : 1e-4);
      }
    }
  });
});

describe.each(FLOW_GEOMETRIES.slice(1))('the same field in the %s flow', (geometry) => {
  beforeAll(() => open(geometry));
  afterAll(close);

  it.each(SOLVERS)('has the closed form on biases and log scales, %s (1e-4)', async (solver) => {
    const setting = { solver, steps: 5, stochasticity: NOISE[1]! };
    const onSphere = new Set(
      sphereBlocks(ARCH).flatMap(({ offset, count, size }) =>
        Array.from({ length: count * size }, (_, i) => offset + i),
      ),
    );
    expect(space.dimension - onSphere.size).toBe(10 + 2 + 1);
    (await sampled(setting, 3)).forEach((actual, index) => {
      expectedOf(setting, index).forEach((x, i) => {
        if (onSphere.has(i)) return;
        expect(Math.abs(actual[i]! - x)).toBeLessThan(1e-4 * Math.max(1, Math.abs(x)));
      });
    });
  });
});
