import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import {
  chooseVelocityConfig,
  FLOW_TRAINING_DEFAULTS,
  OrtEngine,
  readZoo,
  trainFlow,
  type FlowTrainingConfig,
  type OrtEngineOptions,
  type VelocityChoices,
  type VelocityKind,
  type Zoo,
} from '../../src/training-entry.js';
import { pinsOf } from './pin.js';
import { digest, pinnedValues, together, type Pinned } from './pinned.js';
import { concatenated, makeScratch, populationOf, trainToyZoo, type Scratch } from './toy-zoo.js';

const STEPS = 20;

/** The kinds of velocity networks that are pinned, as small as they get. */
const SIZES = {
  mlp: { width: 8, blocks: 1 },
  'neuron-transformer': { width: 8, blocks: 1, heads: 2, edgeWidth: 4 },
  'relational-transformer': { width: 8, blocks: 1, heads: 2, edgeWidth: 4 },
  pna: { width: 8, blocks: 1, edgeWidth: 4 },
} as const satisfies Partial<Record<VelocityKind, VelocityChoices>>;
type PinnedKind = keyof typeof SIZES;
const GEOMETRIES = ['euclidean', 'normalized', 'geometric'] as const;
/** All of them for the kind that takes least time: they do not depend on it. */
const COUPLINGS = {
  mlp: ['independent', 'ot', 'equivariant', 'equivariant-ot'],
  'neuron-transformer': ['independent', 'equivariant-ot'],
  'relational-transformer': ['equivariant'],
  pna: ['equivariant'],
} as const;
/** Two of one depth share a graph. */
const ARCHITECTURES = '2,5,4,3,2:4;2,6,2:3;2,8,2:3';

interface Variation {
  readonly config?: Partial<Omit<FlowTrainingConfig, 'velocity'>>;
  readonly velocity?: VelocityChoices;
  readonly engine?: OrtEngineOptions;
}

/** One thing other than usual. */
const VARIATIONS: Readonly<Record<string, Variation>> = {
  'velocity prediction': { config: { prediction: 'velocity' } },
  'velocity prediction on spheres': { config: { prediction: 'velocity', geometry: 'geometric' } },
  'the tangent loss': { config: { loss: 'tangent', geometry: 'geometric' } },
  'the geodesic loss': { config: { loss: 'geodesic', geometry: 'geometric' } },
  'uniform times': { config: { times: 'uniform' } },
  'the cosine schedule': { config: { schedule: { kind: 'cosine' } } },
  'the constant schedule': { config: { schedule: { kind: 'constant' } } },
  'full updates of edges': { velocity: { edgeUpdate: 'full' } },
  slots: { velocity: { slots: 8 } },
  'two blocks in two segments': { velocity: { blocks: 2 }, engine: { segments: 2 } },
};

describe('the first updates of training', { timeout: 120_000 }, () => {
  let scratch: Scratch;
  let zoo: Zoo;
  beforeAll(async () => {
    scratch = await makeScratch();
    await trainToyZoo(scratch.at('toy.zoo'), { architectures: ARCHITECTURES });
    zoo = await readZoo(scratch.at('toy.zoo'));
  });
  afterAll(() => scratch.remove());

  /** Losses, gradients and averaged parameters of a run. */
  async function train(
    title: string,
    kind: PinnedKind,
    { config = {}, velocity = {}, engine = {} }: Variation,
  ): Promise<Pinned> {
    // An mlp serves one architecture.
    const population = populationOf(zoo).slice(0, kind === 'mlp' ? 1 : undefined);
    const architectures = population.map(({ architecture }) => architecture);
    const [losses, norms]: [number[], number[]] = [[], []];
    const trained = await trainFlow(
      population,
      {
        ...FLOW_TRAINING_DEFAULTS,
        batchSize: 8,
        steps: STEPS,
        ...config,
        velocity: chooseVelocityConfig(kind, architectures, { ...SIZES[kind], ...velocity }),
      },
      {
        engine: new OrtEngine({ threads: 1, ...engine }),
        runDir: join(scratch.at('runs'), digest(title)),
        onStep: ({ loss, gradientNorm }) => {
          losses.push(loss);
          norms.push(gradientNorm);
        },
      },
    );
    return together(
      pinnedValues('losses', losses),
      pinnedValues('norms of gradients', norms),
      pinnedValues('parameters', concatenated(trained.parameters)),
    );
  }

  pinsOf('training', (pin) => {
    for (const kind of Object.keys(SIZES) as PinnedKind[]) {
      for (const geometry of GEOMETRIES) {
        for (const coupling of COUPLINGS[kind]) {
          const title = `${kind}, ${geometry}, ${coupling}`;
          pin(title, () => train(title, kind, { config: { geometry, coupling } }));
        }
      }
    }
    for (const [title, variation] of Object.entries(VARIATIONS)) {
      pin(title, () => train(title, 'neuron-transformer', variation));
    }
  });
});
