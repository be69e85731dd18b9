import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { architecture } from '../../src/network/architecture.js';
import { initialise } from '../../src/network/initialise.js';
import { fitCoordinates } from '../../src/flow/fit-coordinates.js';
import { isCanonical, type FlowGeometry } from '../../src/flow/geometry.js';
import type { Prediction } from '../../src/flow/prediction.js';
import type { FlowConfig } from '../../src/flows/flow-config.js';
import { writeFlow } from '../../src/flows/flow-store.js';
import { keepRuns } from '../../src/flows/kept-runs.js';
import type { PopulationGroup } from '../../src/flow/tensor-scales.js';
import { Zoo, type ZooHeader } from '../../src/zoo/zoo.js';
import { Random } from '../../src/random.js';
import type { VelocityConfig } from '../../src/velocity/create-velocity-network.js';
import { networkParameters } from '../../src/flow/network-parameters.js';

/** A models directory with one flow. */
export interface ToyFlow {
  readonly modelsDir: string;
  /** Folder of the flow. */
  readonly folder: string;
  readonly config: FlowConfig;
  remove(): Promise<void>;
}

export const TOY_FLOW = 'toy';

const NETWORK = {
  kind: 'neuron-transformer',
  inputs: 2,
  outputs: 2,
  maxHiddenLayers: 2,
  width: 16,
  blocks: 2,
  heads: 2,
  edgeWidth: 4,
  edgeUpdate: 'lean',
  mlpRatio: 2,
  slots: 0,
} as const;

const population = [
  architecture([2, 8, 2]),
  architecture([2, 16, 2]),
  architecture([2, 8, 8, 2]),
  architecture([2, 12, 6, 2]),
];

/** Networks of each architecture. */
const RUNS = 3;

export interface ToyFlowOptions {
  /** Of 2-…-2 networks; default a small neuron-transformer. */
  readonly velocity?: VelocityConfig;
  /** Default `euclidean`. */
  readonly geometry?: FlowGeometry;
  /** Default `endpoint`. */
  readonly prediction?: Prediction;
  /**
   * Standard deviation of the parameters. Default 0.2: not trained, but none of them zero, which
   * takes the noise through every branch of the velocity network. At 0 the network answers 0, and the
   * field is the exact one from standard normal noise to standard normal data, x̂_1 = c_skip(t) x_t.
   */
  readonly parameterStd?: number;
  /** Whether it keeps the networks of its zoo, to measure novelty by. Default false. */
  readonly keepsRuns?: boolean;
}

/** Writes a flow of 2-…-2 networks with one or two hidden layers into a temporary directory. */
export async function writeToyFlow({
  velocity = NETWORK,
  geometry = 'euclidean',
  prediction = 'endpoint',
  parameterStd = 0.2,
  keepsRuns = false,
}: ToyFlowOptions = {}): Promise<ToyFlow> {
  const modelsDir = await mkdtemp(join(tmpdir(), 'weightspring-toy-'));
  const folder = join(modelsDir, TOY_FLOW);
  const groups = population.map((arch, index) => ({
    architecture: arch,
    networks: Array.from({ length: RUNS }, (_, run) => initialise(arch, new Random(index, run))),
  }));
  const coordinates = await fitCoordinates(groups, geometry);
  const { scales, logScales } = coordinates;
  const parameters = new Map(
    networkParameters(velocity, geometry).map(({ name, shape }) => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      const data = new Random(1, name).normals(size).map((value) => parameterStd * value);
      return [name, { shape, data }] as const;
    }),
  );
  const config = await writeFlow(
    folder,
    {
      name: TOY_FLOW,
      description: 'Untrained, for tests',
      task: 'spirals',
      geometry,
      velocity,
      prediction,
      scales: Object.fromEntries(Object.entries(scales).map(([key, laws]) => [key, [...laws]])),
      logScales: { ...logScales },
      solver: 'euler',
      timeGrid: 'uniform',
      stochasticity: { strength: 0, from: 0, to: 1 },
      steps: { default: 4, max: 64 },
      bounds: {
        hiddenLayers: { min: 1, max: 2 },
        width: { min: 1, max: 40 },
        totalWeights: { max: 2000 },
      },
      activations: isCanonical(geometry) ? ['relu'] : ['relu', 'tanh'],
      featureNames: ['x', 'y'],
      classNames: ['first spiral', 'second spiral'],
      standardisation: { mean: [0.1, -0.2], scale: [0.5, 0.6] },
      architectures: population.map(({ layers, activation }) => ({
        layers: [...layers],
        activation,
        runs: RUNS,
        accuracy: 0.5,
      })),
      training: {},
    },
    parameters,
    keepsRuns ? { novelty: await keepRuns(zooOf(groups), coordinates) } : {},
  );
  return {
    modelsDir,
    folder,
    config,
    remove: () => rm(modelsDir, { recursive: true, force: true }),
  };
}

/** A zoo of which only the networks matter. */
export function zooOf(groups: readonly PopulationGroup[]): Zoo {
  const architectures = groups.map(({ architecture, networks }) => ({
    architecture,
    runs: networks.length,
  }));
  const networks = groups.flatMap((group, index) =>
    group.networks.map((weights, run) => ({
      architecture: index,
      run,
      step: 1,
      isFinal: true,
      weights,
    })),
  );
  return new Zoo({ architectures } as unknown as ZooHeader, networks, []);
}
