import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FLOW_GEOMETRIES } from '../../src/flow/geometry.js';
import { TIME_GRIDS, timesOf } from '../../src/flow/solvers/time-grid.js';
import { WeightSpace } from '../../src/flow/weight-space.js';
import { openFlow, type OpenedFlow } from '../../src/flows/flow-store.js';
import { architecture } from '../../src/network/architecture.js';
import { Random } from '../../src/random.js';
import { FlowTeacher } from '../../src/sampling/flow-teacher.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

const ARCH = architecture([2, 12, 6, 2]);
const STEPS = 3;
const SEED = 5;

describe.each(FLOW_GEOMETRIES)('a %s flow as a teacher', (geometry) => {
  let toy: ToyFlow;
  let flow: OpenedFlow;
  let teacher: FlowTeacher;

  beforeAll(async () => {
    toy = await writeToyFlow({ geometry });
    flow = await openFlow(toy.folder);
    teacher = await FlowTeacher.open(flow, { threads: 1 });
  });

  afterAll(async () => {
    await teacher.close();
    await toy.remove();
  });

  it.each(TIME_GRIDS)(
    'leads where the sampler leads, from the same noise: %s',
    async (timeGrid) => {
      const space = new WeightSpace(ARCH, flow.coordinates);
      const draw = [0, 1].map((index) => space.prior(new Random(SEED, 'noise', index)));
      const noise = space.pack(draw);
      const points = await teacher.trajectory(ARCH, noise, timesOf(timeGrid, STEPS));
      expect(points).toHaveLength(STEPS + 1);
      expect(points[0]).toEqual(space.pack(draw));
      const sampler = await Sampler.open({ modelsDir: toy.modelsDir, threads: 1 });
      try {
        const sampled = await sampler.sampleWeights({
          flow: TOY_FLOW,
          architecture: ARCH,
          seed: SEED,
          firstIndex: 0,
          count: 2,
          steps: STEPS,
          solver: 'euler',
          timeGrid,
          stochasticity: { strength: 0, from: 0, to: 1 },
        });
        expect(space.decode(points.at(-1)!)).toEqual(sampled.map(({ weights }) => weights));
      } finally {
        await sampler.close();
      }
    },
  );

  it('gives its parameters by name', async () => {
    const stored = await flow.readParameters();
    expect([...teacher.parameters.keys()]).toEqual([...stored.keys()]);
    expect(teacher.parameters.get('time.in.weight')).toEqual(stored.get('time.in.weight')!.data);
  });

  it('refuses an architecture that it does not serve', async () => {
    await expect(
      teacher.trajectory(architecture([2, 4, 4, 4, 2]), [], timesOf('uniform', STEPS)),
    ).rejects.toMatchObject({ code: 'unsupported-architecture' });
  });
});
