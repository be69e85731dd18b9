import { PacedWork, type Watcher } from '../../pace.js';
import type { Engine } from '../../training/engine.js';
import type { BaseTraining } from '../../zoo/base-trainer.js';
import { measureNetwork } from '../measure-network.js';
import { fullUpdates, msPerUpdate, trainBriefly } from './brief-training.js';
import { contender } from './contender.js';
import { measuredMember, type Member } from './member.js';
import type { SameTimeNull } from './scrutiny.js';
import { distanceOf, type Yardstick } from './yardstick.js';

export interface SameTimeOptions {
  /** Time that sampling took, by network of a batch. */
  readonly samplingMsPerNetwork: number;
  /** Networks that were sampled together, and are trained side by side. */
  readonly networks: number;
  /** How the zoo was trained. */
  readonly training: BaseTraining;
  readonly seed: number;
  readonly openEngine: () => Promise<Engine>;
}

/**
 * Trains networks for as many updates as fit into the time of sampling, and measures them. Two times
 * are measured; from them on it is deterministic.
 *
 * @param watcher - hears of every network that is measured
 * @throws WeightspringError `diverged`, `cancelled`
 */
export async function measureSameTime(
  yardstick: Yardstick,
  { samplingMsPerNetwork, networks, training, seed, openEngine }: SameTimeOptions,
  watcher: Watcher = {},
): Promise<SameTimeNull> {
  const { architecture, task, zooErrors, bars, scale } = yardstick;
  const engine = await openEngine();
  const options = { networks, training, seed, engine, signal: watcher.signal };
  const ms = await msPerUpdate(architecture, task, options);
  const updates = Math.min(
    Math.floor((samplingMsPerNetwork * networks) / ms),
    fullUpdates(task, training),
  );
  const trained = await trainBriefly(architecture, task, updates, options);
  const work = new PacedWork(trained.length, watcher);
  const members: Member[] = [];
  for (const weights of trained) {
    const measured = await measureNetwork(architecture, weights, task, work.pace);
    members.push(measuredMember(measured, distanceOf(yardstick, weights), zooErrors, task));
    await work.advance();
  }
  return {
    samplingMsPerNetwork,
    updateMsPerNetwork: ms / networks,
    updates,
    ...contender(members, { bars: bars?.test ?? null, scale }),
  };
}
