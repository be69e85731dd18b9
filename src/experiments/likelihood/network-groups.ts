import { alignPopulation } from '../../alignment/align-population.js';
import { type Architecture } from '../../network/architecture.js';
import { networkOf } from '../../network/network.js';
import { initialise } from '../../network/initialise.js';
import { WeightspringError } from '../../errors.js';
import { Random } from '../../random.js';
import type { Sampler } from '../../sampling/sampler.js';
import { completeSampling } from '../../flows/sampling-options.js';
import type { Zoo } from '../../zoo/zoo.js';

/**
 * Which networks are compared:
 *
 * - `samples`: the flow's own samples
 * - `snapshots`: one snapshot of each held-out run, at any update that a zoo keeps
 * - `finals`: final networks of held-out runs
 * - `shuffled`: the final networks with the numbers of every tensor in random order: the same
 *   marginal distributions without the structure
 * - `initial`: untrained networks
 */
export const NETWORK_GROUPS = ['samples', 'snapshots', 'finals', 'shuffled', 'initial'] as const;
export type NetworkGroup = (typeof NETWORK_GROUPS)[number];

export interface NetworkGroupsOptions {
  readonly sampler: Sampler;
  /** Name of the flow. */
  readonly flow: string;
  readonly architecture: Architecture;
  /** Its first architecture is that one; trained with a seed other than the flow's zoo. */
  readonly heldOut: Zoo;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * As many networks of every group as there are held-out runs, all aligned to one sample of the
 * flow: flows over aligned networks know only one order of the neurons, and for an equivariant flow
 * the order does not matter.
 */
export async function networkGroups({
  sampler,
  flow,
  architecture,
  heldOut,
  seed,
  signal,
}: NetworkGroupsOptions): Promise<Readonly<Record<NetworkGroup, readonly Float32Array[]>>> {
  const finals = heldOut.finalNetworksOf(0);
  const summary = sampler.flows().find(({ name }) => name === flow);
  if (summary === undefined) throw new WeightspringError('not-found', `no flow '${flow}'`);
  const drawn = await sampler.sampleWeights(
    {
      flow,
      architecture,
      seed,
      firstIndex: 0,
      count: finals.length + 1,
      ...completeSampling(summary, {}),
    },
    signal === undefined ? {} : { signal },
  );
  const [reference, ...samples] = drawn.map(({ weights }) => weights);
  const aligned = async (networks: readonly Float32Array[]): Promise<readonly Float32Array[]> =>
    reference === undefined
      ? networks
      : (await alignPopulation(networks, architecture, { reference }, { signal })).networks;
  const weights = finals.map((network) => network.weights);
  return {
    samples: await aligned(samples),
    snapshots: await aligned(
      finals.map(({ run }) => {
        const own = heldOut.networksOf(0).filter((network) => network.run === run);
        const chosen = own[new Random(seed, 'snapshot', run).integer(own.length)];
        return (chosen as (typeof own)[number]).weights;
      }),
    ),
    finals: await aligned(weights),
    shuffled: await aligned(
      weights.map((network, k) => shuffled(network, architecture, new Random(seed, 'shuffle', k))),
    ),
    initial: await aligned(
      weights.map((_, k) => initialise(architecture, new Random(seed, 'initial', k))),
    ),
  };
}

/** The numbers of every tensor in random order. */
function shuffled(network: Float32Array, arch: Architecture, random: Random): Float32Array {
  const result = network.slice();
  for (const { offset, size } of networkOf(arch).slots) {
    random.permutation(size).forEach((from, to) => {
      result[offset + to] = network[offset + from] as number;
    });
  }
  return result;
}
