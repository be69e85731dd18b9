import { ACCURACY_TOLERANCE } from '../../evaluation/novelty.js';
import type { Column, Table } from '../../files/table.js';
import { architectureKey } from '../../network/architecture.js';
import {
  formatPage,
  heading,
  paragraph,
  tableBlock,
  type Block,
  type ResultFiles,
} from '../results-page.js';
import { rate } from '../thesis/variant-tables.js';
import type { CardedArchitecture, CardedFlow } from './carded-flow.js';

export interface ArchitecturesPageOptions {
  readonly flows: readonly CardedFlow[];
  /** The command that produced the page. */
  readonly command: string;
}

/** `architectures.md`. */
export function architectureFiles({ flows, command }: ArchitecturesPageOptions): ResultFiles {
  const page = formatPage({
    title: 'Architectures: what the cards of flows tell',
    blocks: [
      paragraph(
        'Every architecture that was measured for the card of a flow, in its default number of ' +
          'steps. _Seen_ ones are in its zoo, and _trained_ is the mean accuracy of the networks ' +
          'there; of unseen ones as many networks as the card names were trained to compare with. ' +
          '_Averaged_: accuracy of the mean of the probabilities of all samples, or the first 128. ' +
          '_Difference_ and _worst, difference_: mean and worst sample less the trained mean, in ' +
          'points. _Novelty ratio_: median distance to the nearest trained run over that between ' +
          'runs; held-out runs show what to expect of an ideal sampler. _Refused_ ones failed on ' +
          'the validation part, and _extrapolated_ ones lie outside the hull of the zoo. Nothing is ' +
          'measured for this page.',
      ),
      { kind: 'command', text: command },
      ...flows.flatMap(flowBlocks),
    ],
  });
  return new Map([['architectures.md', page]]);
}

function flowBlocks(flow: CardedFlow): readonly Block[] {
  const { name, task, sha256, steps, solver, architectures } = flow;
  return [
    heading(`${name} (${task}, ${steps} steps of ${solver}, ${sha256.slice(0, 12)})`),
    ...(architectures.length === 0
      ? [paragraph('No card.')]
      : [paragraph(`${withinLine(flow)}.`), tableBlock(architectureTable(architectures))]),
  ];
}

/** How many architectures are as good as trained networks, less a point. */
export function withinLine({ architectures }: Pick<CardedFlow, 'architectures'>): string {
  const count = (chosen: readonly CardedArchitecture[]): string => {
    const compared = chosen.filter(({ trainedAccuracy }) => trainedAccuracy !== null);
    return `${compared.filter(isWithin).length} of ${compared.length}`;
  };
  const seen = architectures.filter(({ isSeen }) => isSeen);
  const unseen = architectures.filter(({ isSeen }) => !isSeen);
  return (
    `${count(architectures)} architectures at most one point below trained networks: ` +
    `${count(seen)} seen, ${count(unseen)} unseen`
  );
}

function isWithin({ accuracy, trainedAccuracy }: CardedArchitecture): boolean {
  return trainedAccuracy !== null && accuracy.mean >= trainedAccuracy - ACCURACY_TOLERANCE;
}

function architectureTable(architectures: readonly CardedArchitecture[]): Table {
  return {
    columns: [
      { header: 'architecture' },
      { header: 'zoo' },
      rate('samples'),
      rate('worst'),
      rate('cross-entropy'),
      rate('averaged'),
      rate('trained'),
      points('difference'),
      points('worst, difference'),
      ratio('novelty ratio'),
      ratio('held-out ratio'),
      { header: 'networks' },
    ],
    rows: architectures.map((one) => {
      const { accuracy, trainedAccuracy } = one;
      const below = (value: number): number | null =>
        trainedAccuracy === null ? null : value - trainedAccuracy;
      return [
        architectureKey(one.architecture),
        one.isSeen ? 'seen' : 'unseen',
        accuracy.mean,
        accuracy.min,
        one.crossEntropy,
        one.averagedAccuracy,
        trainedAccuracy,
        below(accuracy.mean),
        below(accuracy.min),
        one.noveltyRatio,
        one.heldOutRatio,
        one.serving,
      ];
    }),
  };
}

/** Of fractions, in percentage points with their sign. */
function points(header: string): Column {
  return {
    header,
    format: (value) => `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(2)}`,
  };
}

function ratio(header: string): Column {
  return { header, format: (value) => value.toFixed(3) };
}
