import { spread } from '../../evaluation/population-metrics.js';
import {
  formatPage,
  heading,
  paragraph,
  tableBlock,
  type Block,
  type Check,
  type ResultFiles,
} from '../results-page.js';
import { THESIS_WDBC_BARRIER } from '../thesis-figures.js';
import { MATCHERS, type MatcherName } from './matchers.js';
import type { BarriersByMatcher } from './measure-barriers.js';

const LABELS: Readonly<Record<MatcherName, string>> = {
  none: 'none',
  weights: 'weight matching',
  'canonical-weights': 'weight matching of canonical forms',
  activations: 'activation matching',
  'sinkhorn-l2': 'Sinkhorn, squared distance',
  'sinkhorn-midpoint': 'Sinkhorn, loss at the midpoint',
  'sinkhorn-random-point': 'Sinkhorn, loss at a random point',
};

/**
 * `barriers.md`: the section as its own page.
 *
 * @param command - command that produced the results
 */
export function barrierFiles(barriers: BarriersByMatcher, command: string): ResultFiles {
  const page = formatPage({
    title: 'Loss barriers of WDBC networks',
    blocks: [{ kind: 'command', text: command }, ...barrierBlocks(barriers)],
  });
  return new Map([['barriers.md', page]]);
}

/** The section of a page about loss barriers. */
export function barrierBlocks(barriers: BarriersByMatcher): readonly Block[] {
  const { before, after } = THESIS_WDBC_BARRIER;
  return [
    heading('Loss barriers'),
    paragraph(
      `The barrier \`L((θa + θb)/2) − (L(θa) + L(θb))/2\` of ${barriers.none.length} random pairs ` +
        'of completely trained networks, as they were trained, the second of each pair brought to ' +
        'the first; mean ± standard deviation over pairs, in nats of cross-entropy. Matchings that ' +
        'look at data see the training part. A negative barrier on the test part means that the ' +
        `midpoint generalises better than its ends. The thesis reports ${before} before and ` +
        `${after} after its alignment, on its own split.`,
    ),
    tableBlock({
      columns: [
        { header: 'alignment' },
        { header: 'train', format: fixed },
        { header: '±', format: fixed },
        { header: 'test', format: fixed },
        { header: '±', format: fixed },
        { header: 'ms a pair', format: (value) => value.toFixed(1) },
      ],
      rows: MATCHERS.map((name) => {
        const train = spread(barriers[name].map((pair) => pair.train));
        const test = spread(barriers[name].map((pair) => pair.test));
        const durations = barriers[name].map(({ durationMs }) => durationMs);
        return [LABELS[name], train.mean, train.std, test.mean, test.std, spread(durations).mean];
      }),
    }),
    { kind: 'checks', checks: barrierChecks(barriers) },
  ];
}

/** Requirements on the barriers, from the project's goals and the thesis. */
export function barrierChecks(barriers: BarriersByMatcher): readonly Check[] {
  return (['train', 'test'] as const).flatMap((part) => {
    const meanOf = (name: MatcherName): number =>
      spread(barriers[name].map((pair) => pair[part])).mean;
    const [before, weights, midpoint] = [
      meanOf('none'),
      meanOf('weights'),
      meanOf('sinkhorn-midpoint'),
    ];
    return [
      {
        demand: `${part}: after weight matching at most a third of the barrier before`,
        found: `${fixed(before)} → ${fixed(weights)}`,
        isMet: weights <= before / 3,
      },
      {
        demand: `${part}: Sinkhorn with the midpoint objective no worse than weight matching`,
        found: `${fixed(midpoint)} against ${fixed(weights)}`,
        isMet: midpoint <= weights,
      },
    ];
  });
}

function fixed(value: number): string {
  return value.toFixed(4);
}
