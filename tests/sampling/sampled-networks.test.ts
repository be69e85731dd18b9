import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { forward } from '../../src/network/forward.js';
import { FLOW_GEOMETRIES, isCanonical, pointGeometry } from '../../src/flow/geometry.js';
import { predict, velocityOf, type FlowModel } from '../../src/flow/prediction.js';
import { lastStepSolver, SOLVER_METHODS } from '../../src/flow/solvers/solver.js';
import { timesOf } from '../../src/flow/solvers/time-grid.js';
import { noiseScale, perturb } from '../../src/flow/stochasticity.js';
import { WeightSpace, type HostPoint } from '../../src/flow/weight-space.js';
import { decodeModel } from '../../src/onnx/parse.js';
import { ReferenceOps, tensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { coordinatesOf } from '../../src/flows/flow-config.js';
import { readFlow, type StoredFlow } from '../../src/flows/flow-store.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { createVelocityNetwork } from '../../src/velocity/create-velocity-network.js';
import type { Point } from '../flow/points.js';
import { runModel } from '../support/run-model.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

const ops = new ReferenceOps();
const ARCH = architecture([2, 6, 5, 2]);
const JOB = {
  flow: TOY_FLOW,
  architecture: ARCH,
  seed: 11,
  firstIndex: 0,
  count: 3,
  steps: 4,
  solver: 'heun',
  timeGrid: 'quadratic',
  stochasticity: { strength: 0.2, from: 0.3, to: 1 },
} as const;

const lift = (point: HostPoint): Point => point.map(({ data, shape }) => tensor(data, shape));

/** The sampler once more, in float64, network by network. */
function integrateInFloat64({ config, parameters }: StoredFlow, index: number): Float32Array {
  const { geometry, prediction } = config;
  const network = createVelocityNetwork(config.velocity);
  const space = new WeightSpace(ARCH, coordinatesOf(config));
  const { layout } = space;
  const model: FlowModel = { network, layout, prediction, geometry };
  const diffusion = new Random(JOB.seed, 'diffusion', index);
  const parameter = (name: string) => {
    const { data, shape } = parameters.get(name)!;
    return tensor(data, shape);
  };
  let point = lift(space.pack([space.prior(new Random(JOB.seed, 'noise', index))]));
  const { path } = pointGeometry(geometry, layout.tensors);
  const times = timesOf(JOB.timeGrid, JOB.steps);
  for (let k = 0; k < JOB.steps; k++) {
    const [t, dt] = [times[k]!, times[k + 1]! - times[k]!];
    const scale = noiseScale(JOB.stochasticity, t, dt);
    if (scale > 0) {
      const noise = lift(space.pack([diffusion.normals(space.dimension)]));
      point = perturb(ops, path, point, noise, tensor([scale]));
    }
    const solver = k < JOB.steps - 1 ? JOB.solver : lastStepSolver(JOB.solver);
    point = SOLVER_METHODS[solver].step(
      ops,
      path,
      (x, time) => velocityOf(ops, model, predict(ops, model, parameter, x, time), x, time),
      point,
      tensor([t]),
      tensor([dt]),
    );
  }
  const [weights] = space.decode(
    point.map(({ data, shape }) => ({ data: Float32Array.from(data), shape })),
  );
  return weights!;
}

describe.each(FLOW_GEOMETRIES)('networks sampled from a %s flow', (geometry) => {
  let toy: ToyFlow;
  let flow: StoredFlow;
  let sampler: Sampler;

  beforeAll(async () => {
    toy = await writeToyFlow({ geometry });
    flow = await readFlow(toy.folder);
    sampler = await Sampler.open({ modelsDir: toy.modelsDir });
  });

  afterAll(async () => {
    await sampler.close();
    await toy.remove();
  });

  it('are those that float64 integrates: noise, solver and grid included (1e-4)', async () => {
    for (const { index, weights } of await sampler.sampleWeights(JOB)) {
      const expected = integrateInFloat64(flow, index);
      weights.forEach((weight, i) => {
        const tolerance = 1e-4 * Math.max(1, Math.abs(expected[i]!));
        expect(Math.abs(weight - expected[i]!)).toBeLessThan(tolerance);
      });
    }
  });

  it('lie on the unit spheres of the canonical form, where there is one (1e-5)', async () => {
    const { offset, shape } = networkOf(ARCH).slots[2]!;
    const [fanIn, width] = shape as [number, number];
    for (const { weights } of await sampler.sampleWeights(JOB)) {
      const norms = Array.from({ length: width }, (_, j) =>
        Math.hypot(...Array.from({ length: fanIn }, (_, i) => weights[offset + i * width + j]!)),
      );
      const off = Math.max(...norms.map((norm) => Math.abs(norm - 1)));
      if (isCanonical(geometry)) expect(off).toBeLessThan(1e-5);
      else expect(off).toBeGreaterThan(1e-2);
    }
  });

  it('compute as ONNX classifiers what their weights say (relative 1e-5)', async () => {
    const [network] = await sampler.sample({
      ...JOB,
      count: 1,
      format: 'onnx',
      inputScaling: 'folded',
    });
    const [drawn] = await sampler.sampleWeights({ ...JOB, count: 1 });
    const raw = new Random(5).normals(2 * 10);
    const { mean, scale } = flow.config.standardisation;
    const inputs = raw.map((x, i) => (x - mean[i % 2]!) / scale[i % 2]!);
    const expected = forward(ARCH, drawn!.weights, inputs);
    const feeds = { input: { shape: [10, 2], data: raw } };
    const [outputs] = await runModel(decodeModel(network!.bytes), [feeds]);
    const largest = Math.max(...expected.map(Math.abs));
    outputs!.logits!.values.forEach((logit, i) => {
      expect(Math.abs(logit - expected[i]!)).toBeLessThan(1e-5 * Math.max(1, largest));
    });
  });
});
