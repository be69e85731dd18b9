import type { Architecture } from '../network/architecture.js';
import { PacedWork, type Watcher } from '../pace.js';
import { evaluateInPieces } from '../zoo/evaluate-networks.js';
import { classificationMetrics } from '../zoo/metrics.js';
import type { PartData } from '../zoo/prepared-task.js';
import type { MeasuredNetwork } from './measure-network.js';

/**
 * Measures several networks on the test part alone, which takes a fraction of the time of
 * `measureNetworks` but gives no error sets.
 *
 * @param networks - flat weights
 * @param test - the test part
 * @param watcher - hears of every network
 * @throws WeightspringError `shape-mismatch` when they do not fit the architecture, `cancelled`
 */
export async function measureOnTestPart(
  arch: Architecture,
  networks: readonly Float32Array[],
  test: PartData,
  watcher: Watcher = {},
): Promise<readonly Omit<MeasuredNetwork, 'errors'>[]> {
  const work = new PacedWork(networks.length, watcher);
  const measured: Omit<MeasuredNetwork, 'errors'>[] = [];
  for (const weights of networks) {
    const testLogits = await evaluateInPieces(arch, weights, test.features, work.pace);
    measured.push({ test: classificationMetrics(testLogits, test.labels), testLogits });
    await work.advance();
  }
  return measured;
}
