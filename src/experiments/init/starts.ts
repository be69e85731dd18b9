import { balancedForm } from '../../alignment/balanced-form.js';
import { alignedAverage } from '../../evaluation/scrutiny/aligned-average.js';
import type { ZooRunsOf } from '../../evaluation/zoo-runs.js';
import type { Architecture } from '../../network/architecture.js';
import { networkOf } from '../../network/network.js';
import { Random } from '../../random.js';
import {
  gaussianStart,
  randomStart,
  RANDOM_STARTS,
  tensorMoments,
  withFreshOutput,
} from './random-starts.js';

/**
 * Where a training starts:
 *
 * - `default`, `he`, `xavier`: at random, see `randomStart`
 * - `gaussian`: independent normal weights with the moments of trained networks, tensor by tensor
 * - `soup`: the mean of trained networks, aligned
 * - `trained`: a network of the flow's zoo
 * - `sampled`: a network drawn from the flow
 * - `trained-fresh-output`, `sampled-fresh-output`: the same with an untrained output layer
 * - `sampled-canonical`: as the flow writes it, with neurons of norm 1 and all scale in the last layer
 *
 * All but random starts and the last kind have balanced neurons, see `balancedForm`: the same
 * function, as training leaves it.
 */
export const START_KINDS = [
  ...RANDOM_STARTS,
  'gaussian',
  'soup',
  'trained',
  'trained-fresh-output',
  'sampled',
  'sampled-fresh-output',
  'sampled-canonical',
] as const;
export type StartKind = (typeof START_KINDS)[number];

export interface StartOptions {
  readonly architecture: Architecture;
  /** Starts of each kind. */
  readonly runs: number;
  /** Of all that is random in them. */
  readonly seed: number;
  /** Networks of which a soup is the mean. */
  readonly soup: number;
  /** Networks drawn from the flow, at least `runs`. */
  readonly sampled: readonly Float32Array[];
  /** Architectures of the flow's zoo. */
  readonly zoo: readonly Architecture[];
  readonly zooRuns: ZooRunsOf;
  readonly signal: AbortSignal | undefined;
}

/**
 * Flat weights for `runs` trainings from every kind of start; kinds that need trained networks of an
 * architecture that the zoo has not are absent.
 */
export async function makeStarts(
  options: StartOptions,
): Promise<ReadonlyMap<StartKind, readonly Float32Array[]>> {
  const { architecture, runs, seed, soup, sampled } = options;
  const each = <T>(make: (run: number, random: Random) => T, kind: StartKind): readonly T[] =>
    Array.from({ length: runs }, (_, run) => make(run, new Random(seed, 'start', kind, run)));
  const freshened = (networks: readonly Float32Array[], kind: StartKind): readonly Float32Array[] =>
    each(
      (run, random) => withFreshOutput(architecture, networks[run] as Float32Array, random),
      kind,
    );

  const starts = new Map<StartKind, readonly Float32Array[]>();
  for (const kind of RANDOM_STARTS) {
    starts.set(
      kind,
      each((_, random) => randomStart(kind, architecture, random), kind),
    );
  }
  const likeTrained = await networksLike(options);
  if (likeTrained.length > 0) {
    const moments = tensorMoments(likeTrained);
    const draw = (_: number, random: Random): Float32Array =>
      gaussianStart(architecture, moments, random);
    starts.set('gaussian', each(draw, 'gaussian'));
  }
  const trained = await trainedNetworks(options, architecture);
  if (trained.length >= soup) {
    starts.set(
      'soup',
      await Promise.all(
        each(async (draw) => {
          const average = await alignedAverage(architecture, trained, soup, { seed, draw });
          return balancedForm(average, architecture);
        }, 'soup'),
      ),
    );
  }
  if (trained.length >= runs) {
    starts.set('trained', trained.slice(0, runs));
    starts.set('trained-fresh-output', freshened(trained, 'trained-fresh-output'));
  }
  const drawn = sampled.slice(0, runs);
  const balanced = drawn.map((weights) => balancedForm(weights, architecture));
  starts.set('sampled', balanced);
  starts.set('sampled-fresh-output', freshened(balanced, 'sampled-fresh-output'));
  starts.set('sampled-canonical', drawn);
  return starts;
}

/** Trained networks of the architecture or, where the zoo has none, of all with the same tensors. */
async function networksLike(
  options: StartOptions,
): Promise<readonly { readonly architecture: Architecture; readonly weights: Float32Array }[]> {
  const { architecture, zoo } = options;
  const named = (arch: Architecture): string =>
    networkOf(arch)
      .slots.map(({ name, role }) => `${name} ${role}`)
      .join();
  const { key } = networkOf(architecture);
  const same = zoo.filter((arch) => networkOf(arch).key === key);
  const alike = zoo.filter((arch) => named(arch) === named(architecture));
  const chosen = same.length > 0 ? same : alike;
  const found = await Promise.all(
    chosen.map(async (arch) =>
      (await trainedNetworks(options, arch)).map((weights) => ({ architecture: arch, weights })),
    ),
  );
  return found.flat();
}

/** The zoo's networks of an architecture, balanced. */
async function trainedNetworks(
  { zooRuns, signal }: StartOptions,
  architecture: Architecture,
): Promise<readonly Float32Array[]> {
  const runs = await zooRuns(architecture, signal);
  if ('missing' in runs) return [];
  return runs.trained.networks.map((weights) => balancedForm(weights, architecture));
}
