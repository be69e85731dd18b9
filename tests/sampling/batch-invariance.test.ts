import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture, type Architecture } from '../../src/network/architecture.js';
import type { Family } from '../../src/network/family.js';
import { networkOf } from '../../src/network/network.js';
import { FLOW_GEOMETRIES, type FlowGeometry } from '../../src/flow/geometry.js';
import { SOLVERS, type Solver } from '../../src/flow/solvers/solver.js';
import type { OnnxModel } from '../../src/onnx/graph.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import { Random } from '../../src/random.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { perturbModel, stepModel } from '../../src/flows/flow-graphs.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { networkParameters } from '../../src/flow/network-parameters.js';
import { layoutIn } from '../support/point-of.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';
import { TINY, TINY_FULL } from '../velocity/tiny-network.js';

const BATCHES = [1, 2, 3, 7, 64] as const;
/** Also more than there are cores. */
const THREADS = [1, 2, 3, 8] as const;
/** One neuron makes axes of size 1; 13 leaves a remainder after whole packets of any size. */
const WIDTHS = [[1], [13], [1, 13], [13, 1], [5, 6]] as const;

const definition = (geometry: FlowGeometry, velocity = TINY) =>
  ({ velocity, prediction: 'endpoint', geometry }) as const;

const parameters = (geometry: FlowGeometry, velocity = TINY) =>
  new Map(
    networkParameters(velocity, geometry).map(({ name, shape }) => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      return [name, { shape, data: new Random(1, name).normals(size).map((x) => 0.3 * x) }];
    }),
  );

const tiny = (...hidden: readonly number[]): Architecture =>
  architecture([TINY.inputs, ...hidden, TINY.outputs]);

const familyOf = (hidden: number): Family =>
  networkOf(tiny(...new Array<number>(hidden).fill(1))).family;

const stepsOf = (
  solver: Solver,
  geometry: FlowGeometry,
  hidden: number,
  velocity = TINY,
): OnnxModel =>
  stepModel(
    definition(geometry, velocity),
    solver,
    parameters(geometry, velocity),
    familyOf(hidden),
  );

describe('each network has the same bits in every batch, whatever the threads', () => {
  it.each(
    FLOW_GEOMETRIES.flatMap((geometry) => SOLVERS.map((solver) => [geometry, solver] as const)),
  )('in a step of the %s flow by %s', async (geometry, solver) => {
    for (const hidden of [1, 2]) {
      await expectInvariant(stepsOf(solver, geometry, hidden), geometry, hidden);
    }
  });

  it('in a step with full edges', async () => {
    const model = stepsOf('euler', 'geometric', 2, TINY_FULL);
    await expectInvariant(model, 'geometric', 2);
  });

  it.each(FLOW_GEOMETRIES)('in the noise of the %s flow', async (geometry) => {
    for (const hidden of [1, 2]) {
      await expectInvariant(perturbModel(definition(geometry), familyOf(hidden)), geometry, hidden);
    }
  });
});

describe('a sampler with little memory', () => {
  const JOB: SampleJob = {
    flow: TOY_FLOW,
    architecture: architecture([2, 13, 7, 2]),
    seed: 7,
    firstIndex: 0,
    count: 11,
    steps: 3,
    format: 'npz',
    inputScaling: 'folded',
    solver: 'euler',
    timeGrid: 'uniform',
    stochasticity: { strength: 0, from: 0, to: 1 },
  };
  let flow: ToyFlow;
  beforeAll(async () => {
    flow = await writeToyFlow();
  });
  afterAll(() => flow.remove());

  const withMemory = async <T>(memoryBytes: number, use: (sampler: Sampler) => Promise<T>) => {
    const sampler = await Sampler.open({ modelsDir: flow.modelsDir, memoryBytes });
    try {
      return await use(sampler);
    } finally {
      await sampler.close();
    }
  };
  const digests = (memoryBytes: number) =>
    withMemory(memoryBytes, async (sampler) =>
      (await sampler.sample(JOB)).map(({ sha256 }) => sha256),
    );

  it('draws the same networks in smaller tiles', async () => {
    const together = await digests(2 ** 30);
    expect(new Set(together).size).toBe(JOB.count);
    // One network of this flow takes some 50 kB, so these are tiles of one and of a few.
    expect(await digests(80_000)).toEqual(together);
    expect(await digests(250_000)).toEqual(together);
  });

  it('refuses a network that does not fit', async () => {
    await expect(digests(10_000)).rejects.toMatchObject({
      code: 'too-large',
      field: 'architecture.layers',
    });
  });
});

/** Runs a model on batches of the same rows and compares each row's bits with those in the largest. */
async function expectInvariant(
  model: OnnxModel,
  geometry: FlowGeometry,
  hidden: number,
): Promise<void> {
  const bytes = encodeModel(model);
  const sessions = await Promise.all(
    THREADS.map((intraOpNumThreads) =>
      ort.InferenceSession.create(bytes, { intraOpNumThreads, interOpNumThreads: 1 }),
    ),
  );
  try {
    for (const widths of WIDTHS.filter(({ length }) => length === hidden)) {
      const whole = await rowsOf(sessions[0]!, geometry, widths, Math.max(...BATCHES));
      expect(new Set(whole).size).toBe(whole.length);
      for (const [index, session] of sessions.entries()) {
        for (const batch of BATCHES) {
          const rows = await rowsOf(session, geometry, widths, batch);
          const same = rows.map((row, k) => row === whole[k]);
          const where = `${widths.join('-')} × ${batch}, ${THREADS[index]!} threads`;
          expect(same, where).toEqual(rows.map(() => true));
        }
      }
    }
  } finally {
    for (const session of sessions) await session.release();
  }
}

/** The outputs for each network of a batch, hexadecimal. */
async function rowsOf(
  session: ort.InferenceSession,
  geometry: FlowGeometry,
  widths: readonly number[],
  batch: number,
): Promise<readonly string[]> {
  const scalars = { t: 0.3, dt: 0.1, scale: 0.2 };
  const feeds = new Map(
    Object.entries(scalars).map(([name, value]) => [
      name,
      new ort.Tensor('float32', new Float32Array(batch).fill(value), [batch]),
    ]),
  );
  for (const { name: tensor, shape } of layoutIn(geometry, tiny(...widths)).tensors) {
    const size = shape.reduce((product, dim) => product * dim, 1);
    for (const prefix of ['x', 'noise']) {
      const name = `${prefix}.${tensor}`;
      const data = new Float32Array(batch * size);
      for (let k = 0; k < batch; k++) data.set(new Random(3, name, k).normals(size), k * size);
      feeds.set(name, new ort.Tensor('float32', data, [batch, ...shape]));
    }
  }
  const results = await session.run(
    Object.fromEntries(session.inputNames.map((name) => [name, feeds.get(name)!])),
  );
  return Array.from({ length: batch }, (_, k) =>
    session.outputNames
      .map((name) => {
        const data = results[name]!.data as Float32Array;
        const size = data.length / batch;
        return Buffer.from(data.slice(k * size, (k + 1) * size).buffer).toString('hex');
      })
      .join(),
  );
}
