import { afterAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import type { Provider } from '../../src/devices/device.js';
import { providerError } from '../../src/devices/probe.js';
import { FLOW_GEOMETRIES } from '../../src/flow/geometry.js';
import { SOLVERS, type Solver } from '../../src/flow/solvers/solver.js';
import { familyLayout } from '../../src/network/point-layout.js';
import { Random } from '../../src/random.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { flowProgram } from '../../src/training/flow-program.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { chooseVelocityConfig } from '../../src/velocity/choose-velocity-config.js';
import { VELOCITY_KINDS } from '../../src/velocity/registry.js';
import { NeuronTransformer } from '../../src/velocity/neuron-transformer.js';
import { deviation } from '../ops/finite-differences.js';
import { needs } from '../support/needs.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow, type ToyFlowOptions } from '../support/toy-flow.js';
import { randomParameters, TINY } from '../velocity/tiny-network.js';

/** Two providers sum in different orders, and each step of a solver passes that on. */
const TOLERANCE = 1e-3;

const fault = await providerError('cuda');

describe('CUDA agrees with the CPU to 1e-3', needs(fault?.message), () => {
  const opened: ToyFlow[] = [];
  const toyFlow = async (options: ToyFlowOptions = {}): Promise<ToyFlow> => {
    const flow = await writeToyFlow(options);
    opened.push(flow);
    return flow;
  };

  afterAll(() => Promise.all(opened.map((flow) => flow.remove())));

  /** The weights of the same networks, one after the other. */
  async function weightsOn(
    device: Provider,
    { modelsDir }: ToyFlow,
    layers: readonly number[],
    solver: Solver = 'euler',
  ): Promise<readonly number[]> {
    const sampler = await Sampler.open({ modelsDir, device });
    expect(sampler.device).toEqual({ provider: device, requested: device });
    try {
      const networks = await sampler.sampleWeights({
        flow: TOY_FLOW,
        architecture: architecture(layers),
        seed: 4,
        firstIndex: 0,
        count: 5,
        steps: 6,
        solver,
        timeGrid: 'uniform',
        stochasticity: { strength: 0.3, from: 0, to: 0.8 },
      });
      return networks.flatMap(({ weights }) => [...weights]);
    } finally {
      await sampler.close();
    }
  }

  async function expectParity(flow: ToyFlow, layers: readonly number[], solver?: Solver) {
    const cpu = await weightsOn('cpu', flow, layers, solver);
    expect(deviation(await weightsOn('cuda', flow, layers, solver), cpu)).toBeLessThan(TOLERANCE);
  }

  it.each(
    FLOW_GEOMETRIES.flatMap((geometry) => SOLVERS.map((solver) => [geometry, solver] as const)),
  )('in networks of the %s flow sampled with %s', async (geometry, solver) => {
    const flow = await toyFlow({ geometry });
    await expectParity(flow, [2, 9, 2], solver);
    await expectParity(flow, [2, 8, 5, 2], solver);
  });

  it.each(VELOCITY_KINDS)('in networks of the velocity network %s', async (kind) => {
    const layers = [2, 8, 5, 2];
    const sizes = { width: 16, blocks: 2 };
    const velocity = chooseVelocityConfig(kind, [architecture(layers)], sizes);
    await expectParity(await toyFlow({ velocity, geometry: 'geometric' }), layers);
  });

  it.each([1, 2, 3])(
    'in loss and gradients of a training step: %i hidden layers',
    async (hidden) => {
      const sizes: Readonly<Record<string, number>> = { batch: 4, h1: 5, h2: 4, h3: 6 };
      const parameters = randomParameters(TINY);
      const network = new NeuronTransformer(TINY);
      const program = flowProgram({
        model: {
          network,
          layout: familyLayout(network.served.families[hidden - 1]!, false),
          prediction: 'endpoint',
          geometry: 'euclidean',
        },
        loss: 'chord',
        parameters,
      });
      const inputs = program.inputs.map(({ name, shape }) => {
        const concrete = shape.map((dim) => (typeof dim === 'number' ? dim : sizes[dim]!));
        const random = new Random(2, name);
        const data = random.normals(concrete.reduce((product, dim) => product * dim, 1));
        return { shape: concrete, data: name === 't' ? data.map(() => random.uniform()) : data };
      });
      const stepOn = async (provider: Provider) => {
        const compiled = await new OrtEngine({ provider, threads: 1 }).compile(program);
        const { loss, gradients } = await compiled.evaluate(
          parameters.map(({ data }) => data),
          inputs,
        );
        const copies = gradients.map((gradient) => gradient.slice());
        await compiled.dispose();
        return { loss, gradients: copies };
      };
      const [cpu, cuda] = [await stepOn('cpu'), await stepOn('cuda')];
      expect(deviation([cuda.loss], [cpu.loss])).toBeLessThan(TOLERANCE);
      for (const [index, { name }] of parameters.entries()) {
        expect(deviation(cuda.gradients[index]!, cpu.gradients[index]!), name).toBeLessThan(
          TOLERANCE,
        );
      }
    },
  );
});
