import { formatMarkdownTable, type Table } from '../files/table.js';
import { architectureKey, architectureName } from '../network/architecture.js';
import type { ScrutinisedReport } from './evaluate-job.js';
import type { SampleScrutiny, Scrutiny } from './scrutiny/scrutiny.js';
import { averagesTable, contendersTable, diversityTable } from './scrutiny/scrutiny-tables.js';

/** A report with all that a sceptic asks. */
interface FullReport extends ScrutinisedReport {
  readonly scrutiny: Scrutiny;
}

export function isFull(report: ScrutinisedReport): report is FullReport {
  return report.scrutiny !== undefined && 'nulls' in report.scrutiny;
}

/**
 * The lines of a card that compare samples with nulls: the first architecture in full, the others in
 * a row each; none where nothing was scrutinised.
 */
export function scrutinySection(reports: readonly ScrutinisedReport[]): readonly string[] {
  const full = reports.filter(isFull);
  const [first] = full;
  if (first === undefined) return [];
  const { scrutiny, architecture } = first;
  return [
    '## Nulls, novelty and diversity',
    '',
    'What one gets from the same zoo without a flow, and whether samples are copies. In full for ' +
      `${architectureName(architecture)}:`,
    '',
    formatMarkdownTable(contendersTable(scrutiny)),
    '',
    ...readingGuide(scrutiny),
    '',
    'How much the networks differ in what they do:',
    '',
    formatMarkdownTable(diversityTable(scrutiny)),
    '',
    'A ratio of divergences or gains below 1 says that samples agree more than trained networks do; ' +
      'of error overlaps, above 1.',
    '',
    'Test accuracy of the averaged probabilities of so many networks, the mean over disjoint groups:',
    '',
    formatMarkdownTable(averagesTable(scrutiny)),
    '',
    '![accuracy of averages](averages.svg)',
    '',
    ...(full.length < 2
      ? []
      : [
          'All architectures that nulls were measured at:',
          '',
          formatMarkdownTable(overviewTable(full)),
          '',
        ]),
    ...noteLines(full),
  ];
}

function readingGuide({ bars, heldOut, trained }: Scrutiny): readonly string[] {
  const from = { 'zoo-file': 'the zoo file', flow: "the flow's folder", fresh: 'fresh training' };
  return [
    '- _Novelty ratio_: distance of a network to the nearest trained run, neurons in the best order, ' +
      'over the median distance from a run to the nearest other one; the median over the networks. ' +
      'About 1 is as new as another training run; near 0 is a copy.',
    '- _Novel_: fraction no nearer to a run than all but 5 % of the runs are to each other. An ideal ' +
      'sampler has .95.' +
      (bars === null
        ? ''
        : ` _Novel and ≥_: also with that test accuracy; the second is a point below the median of ` +
          'the trained networks.'),
    '- _Error overlap_: of the rows that a network gets wrong with those of the trained run that ' +
      'errs most alike, intersection over union.',
    '- _Held-out runs_ were trained like the zoo from another seed: what samples should look like. ' +
      (heldOut === null
        ? 'None were trained here.'
        : `Here ${heldOut.networks}, seed ${heldOut.seed}.`),
    '- _Nulls_: the midpoint of two aligned runs, the mean of more, a Gaussian fitted to the aligned ' +
      'runs, a run with noise in its weights, and networks trained for as long as a sample takes. ' +
      'Components and noise are chosen on the validation part such that most networks are novel and ' +
      'accurate. _Best of 8_ takes the best of every 8 by validation accuracy.' +
      (trained === null ? '' : ` Made of the ${trained.runs} networks in ${from[trained.source]}.`),
  ];
}

/** A row for each architecture. */
function overviewTable(reports: readonly FullReport[]): Table {
  return {
    columns: [
      'architecture',
      'novelty ratio',
      'held-out',
      'novel and ≥ lenient',
      'novel and ≥ strict',
      'held-out strict',
      'best null, strict',
      'divergence ratio',
      'gain ratio',
    ].map((header) => ({ header })),
    rows: reports.map(({ architecture, scrutiny }) => {
      const { samples, heldOut, diversityRatio } = scrutiny;
      return [
        architectureKey(architecture),
        samples.distance?.medianRatio ?? null,
        heldOut?.distance?.medianRatio ?? null,
        samples.distance?.distanceNovelAndAccurate.lenient ?? null,
        samples.distance?.distanceNovelAndAccurate.strict ?? null,
        heldOut?.distance?.distanceNovelAndAccurate.strict ?? null,
        bestNull(scrutiny),
        diversityRatio?.divergence ?? null,
        diversityRatio?.averagingGain ?? null,
      ];
    }),
  };
}

/** The largest fraction of novel and accurate networks of any null. */
function bestNull({ nulls }: Scrutiny): number | null {
  const { interpolation, soup, principalGaussian, runPlusNoise, sameTime } = nulls;
  const shares = [interpolation, soup, principalGaussian, runPlusNoise, sameTime].flatMap(
    (one) => one?.distance?.distanceNovelAndAccurate.strict ?? [],
  );
  return shares.length === 0 ? null : Math.max(...shares);
}

function noteLines(reports: readonly FullReport[]): readonly string[] {
  const notes = reports.flatMap(({ architecture, scrutiny }) =>
    scrutiny.notes.map((note) => `- ${architectureKey(architecture)}: ${note}`),
  );
  return notes.length === 0 ? [] : ['What is missing, and why:', '', ...notes, ''];
}

/** What the table against steps tells of novelty and diversity. */
export function stepsScrutiny(scrutiny: SampleScrutiny | undefined): readonly (number | null)[] {
  return [
    scrutiny?.samples.distance?.medianRatio ?? null,
    scrutiny?.samples.distance?.distanceNovelAndAccurate.strict ?? null,
    scrutiny?.diversity?.divergence ?? null,
    scrutiny?.diversity?.averagingGain ?? null,
  ];
}

export const STEPS_SCRUTINY_HEADERS = [
  'novelty ratio',
  'novel and strict',
  'divergence, nats',
  'gain by averaging',
] as const;
