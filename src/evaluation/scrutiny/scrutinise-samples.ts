import { createPace, type Watcher } from '../../pace.js';
import { probabilities } from '../../zoo/metrics.js';
import { averagingCurve } from '../averaging.js';
import { testLabels, type MeasuredNetwork } from '../measure-network.js';
import { besideEachOther, MOST_AVERAGED } from './averages.js';
import { contender } from './contender.js';
import { diversityRatio } from './diversity.js';
import { measuredMember, type Member } from './member.js';
import type { SampleScrutiny } from './scrutiny.js';
import { distanceOf, diversityOf, type Yardstick } from './yardstick.js';

/**
 * Compares samples with trained networks of their architecture.
 *
 * @param networks - flat weights, at least one
 * @param measured - the same networks
 * @throws WeightspringError `cancelled`
 */
export async function scrutiniseSamples(
  yardstick: Yardstick,
  networks: readonly Float32Array[],
  measured: readonly MeasuredNetwork[],
  { signal }: Watcher = {},
): Promise<SampleScrutiny> {
  const { task, trained, trainedCurve } = yardstick;
  const pace = createPace(signal);
  const rows = task.split.test.length;
  const compared = measured.slice(0, MOST_AVERAGED);
  const probs = compared.map(({ testLogits }) => probabilities(testLogits, rows));
  const errors = compared.map((one) => one.errors);
  const diversity = await diversityOf(
    probs,
    errors,
    task,
    trained?.diversity?.networks ?? Infinity,
    pace,
  );
  const members: Member[] = [];
  for (const [i, one] of measured.entries()) {
    members.push(
      measuredMember(one, distanceOf(yardstick, networks[i]), yardstick.zooErrors, task),
    );
    await pace();
  }
  return {
    samples: contender(members, { bars: yardstick.bars?.test ?? null, scale: yardstick.scale }),
    diversity,
    diversityRatio:
      diversity === null || !trained?.diversity
        ? null
        : diversityRatio(diversity, trained.diversity),
    averages: besideEachOther(await averagingCurve(probs, testLabels(task), pace), trainedCurve),
  };
}
