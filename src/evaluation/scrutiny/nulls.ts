import { alignPopulation } from '../../alignment/align-population.js';
import { PacedWork, type Pace, type Watcher } from '../../pace.js';
import { Random } from '../../random.js';
import { evaluateInPieces } from '../../zoo/evaluate-networks.js';
import { accuracy, predictions } from '../../zoo/metrics.js';
import { partData, type PartData } from '../../zoo/prepared-task.js';
import { measureNetwork } from '../measure-network.js';
import { alignedAverage } from './aligned-average.js';
import { contender, type Contender } from './contender.js';
import { measuredMember, type Member } from './member.js';
import { PrincipalGaussian } from './principal-gaussian.js';
import type { Nulls } from './scrutiny.js';
import { strongest, type Candidate } from './strongest.js';
import { withWeightNoise } from './weight-noise.js';
import { distanceOf, type Yardstick } from './yardstick.js';

/** Networks of which an interpolation and a soup are the mean. */
const INTERPOLATED = 2;
const SOUP = 16;

/** Noise that is tried, over the root mean square of a tensor. */
const NOISE_SCALES = [0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8];

/** Networks by which a setting is judged. */
const TRIALS = 8;

/** Nulls that are made of trained networks and need no training of their own. */
export type ZooNulls = Omit<Nulls, 'sameTime'>;

/** Where there is too little to make any. */
export const NO_NULLS: ZooNulls = {
  interpolation: null,
  soup: null,
  principalGaussian: null,
  runPlusNoise: null,
};

/**
 * Makes and measures the nulls of an architecture.
 *
 * @param networks - flat weights of trained networks of it, one a run
 * @param draws - networks of each null
 * @param watcher - hears of every network that is made
 * @throws WeightspringError `cancelled`
 */
export async function measureNulls(
  yardstick: Yardstick,
  networks: readonly Float32Array[],
  { draws, seed }: { readonly draws: number; readonly seed: number },
  watcher: Watcher = {},
): Promise<ZooNulls> {
  const { architecture: arch } = yardstick;
  const runs = networks.length;
  const components = componentsToTry(runs);
  const settings = NOISE_SCALES.length + components.length;
  const kinds = 1 + [runs >= 2, runs >= 2, runs >= SOUP].filter(Boolean).length;
  const bench = new NullBench(yardstick, new PacedWork(kinds * draws + settings * TRIALS, watcher));

  const average = async (members: number): Promise<(Contender & { members: number }) | null> =>
    runs < members
      ? null
      : {
          members,
          ...(await bench.measure(draws, (draw) =>
            alignedAverage(arch, networks, members, { seed, draw }),
          )),
        };
  const noisy = (scale: number, draw: number, purpose: string): Float32Array => {
    const random = new Random(seed, 'noise null', purpose, draw);
    return withWeightNoise(arch, networks[random.integer(runs)] as Float32Array, scale, random);
  };
  const interpolation = await average(INTERPOLATED);
  const soup = await average(SOUP);

  let principalGaussian: Nulls['principalGaussian'] = null;
  if (components.length > 0) {
    const { networks: aligned } = await alignPopulation(networks, arch, {}, bench.watcher);
    const gaussian = await PrincipalGaussian.fit(aligned, bench.pace);
    const drawn = (count: number, draw: number, purpose: string): Float32Array =>
      gaussian.draw(count, new Random(seed, 'principal null', purpose, draw));
    const chosen = await bench.choose(components, (count, draw) => drawn(count, draw, 'trial'));
    principalGaussian = {
      components: chosen,
      ...(await bench.measure(draws, (draw) => drawn(chosen, draw, 'draw'))),
    };
  }
  const scale = await bench.choose(NOISE_SCALES, (value, draw) => noisy(value, draw, 'trial'));
  const runPlusNoise = {
    scale,
    ...(await bench.measure(draws, (draw) => noisy(scale, draw, 'draw'))),
  };
  return { interpolation, soup, principalGaussian, runPlusNoise };
}

/** 1, 2, 4, … and all that so many runs span; none of fewer than two runs. */
function componentsToTry(runs: number): readonly number[] {
  const sizes: number[] = [];
  for (let size = 1; size < runs - 1; size *= 2) sizes.push(size);
  return runs < 2 ? [] : [...sizes, runs - 1];
}

/** Measures networks that are made one by one. */
class NullBench {
  readonly pace: Pace;
  /** Of pieces that are not counted. */
  readonly watcher: Watcher;
  readonly #validation: PartData;

  constructor(
    private readonly yardstick: Yardstick,
    private readonly work: PacedWork,
  ) {
    this.pace = work.pace;
    this.watcher = { signal: work.signal };
    this.#validation = partData(yardstick.task, 'validation');
  }

  /** Figures on the test part. */
  async measure(
    count: number,
    make: (draw: number) => Float32Array | Promise<Float32Array>,
  ): Promise<Contender> {
    const { architecture, task, zooErrors, bars, scale } = this.yardstick;
    const members: Member[] = [];
    for (let draw = 0; draw < count; draw++) {
      const weights = await make(draw);
      const measured = await measureNetwork(architecture, weights, task, this.pace);
      members.push(measuredMember(measured, distanceOf(this.yardstick, weights), zooErrors, task));
      await this.work.advance();
    }
    return contender(members, { bars: bars?.test ?? null, scale });
  }

  /** The strongest of some settings, by the validation part. */
  async choose(
    values: readonly number[],
    make: (value: number, draw: number) => Float32Array,
  ): Promise<number> {
    const { architecture, bars, scale } = this.yardstick;
    const { features, labels } = this.#validation;
    const candidates: Candidate[] = [];
    for (const value of values) {
      const networks: Candidate['networks'][number][] = [];
      for (let draw = 0; draw < TRIALS; draw++) {
        const weights = make(value, draw);
        const logits = await evaluateInPieces(architecture, weights, features, this.pace);
        networks.push({
          accuracy: accuracy(predictions(logits, labels.length), labels),
          distance: distanceOf(this.yardstick, weights),
        });
        await this.work.advance();
      }
      candidates.push({ value, networks });
    }
    return strongest(candidates, { bars: bars?.validation ?? null, scale });
  }
}
