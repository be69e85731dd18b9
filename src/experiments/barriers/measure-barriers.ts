import { lossBarrier, randomPairs } from '../../alignment/barrier.js';
import { permutationSpec } from '../../network/permutation-spec.js';
import { permuteNeurons } from '../../network/permute.js';
import { WeightspringError } from '../../errors.js';
import { createPace } from '../../pace.js';
import { Random } from '../../random.js';
import { evaluateNetworks } from '../../zoo/evaluate-networks.js';
import { crossEntropy } from '../../zoo/metrics.js';
import { partData, type PartData, type PreparedTask } from '../../zoo/prepared-task.js';
import type { Zoo } from '../../zoo/zoo.js';
import type { ExperimentRun } from '../experiment-run.js';
import { createMatcher, MATCHERS, type MatcherName } from './matchers.js';

/** Loss barriers of one pair, in nats of cross-entropy. */
export interface PairBarrier {
  readonly train: number;
  readonly test: number;
  /** Duration of the matching. */
  readonly durationMs: number;
}

export type BarriersByMatcher = Readonly<Record<MatcherName, readonly PairBarrier[]>>;

export interface BarrierOptions {
  /** Number of random pairs of completely trained networks. */
  readonly pairs: number;
  readonly seed: number;
}

/**
 * Loss barriers of random pairs of the zoo's first architecture, with the second network of each
 * pair aligned to the first by every matcher.
 *
 * @throws WeightspringError `invalid-argument` for a zoo with fewer than two final networks
 */
export async function measureBarriers(
  run: ExperimentRun,
  zoo: Zoo,
  task: PreparedTask,
  { pairs, seed }: BarrierOptions,
): Promise<BarriersByMatcher> {
  const [arch] = zoo.architectures;
  if (arch === undefined) throw new WeightspringError('invalid-argument', 'the zoo is empty');
  const networks = zoo.finalNetworksOf(0).map(({ weights }) => weights);
  const chosen = randomPairs(networks.length, pairs, new Random(seed, 'barrier'));
  const spec = permutationSpec(arch);
  const [train, test] = [partData(task, 'train'), partData(task, 'test')];
  const lossOn =
    ({ features, labels }: PartData) =>
    (weights: Float64Array): number => {
      const [logits] = evaluateNetworks(arch, [Float32Array.from(weights)], features);
      return crossEntropy(logits as Float64Array, labels);
    };
  const measured: [MatcherName, readonly PairBarrier[]][] = [];
  for (const name of MATCHERS) {
    const match = createMatcher(name, arch, train, createPace(run.signal));
    const results = await run.each(`barriers/${name}`, pairs, async (pair) => {
      const [a, b] = chosen[pair] as (typeof chosen)[number];
      const [reference, network] = [networks[a] as Float32Array, networks[b] as Float32Array];
      const started = performance.now();
      const permutations = await match(reference, network, pair);
      const durationMs = performance.now() - started;
      const moved = permuteNeurons(network, arch, spec, permutations);
      return {
        train: await lossBarrier(reference, moved, lossOn(train)),
        test: await lossBarrier(reference, moved, lossOn(test)),
        durationMs,
      };
    });
    measured.push([name, results]);
  }
  return Object.fromEntries(measured) as BarriersByMatcher;
}
