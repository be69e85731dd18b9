import type { Cell, Table } from '../../files/table.js';
import type { Contender, ContenderFigures } from './contender.js';
import type { Diversity } from './diversity.js';
import type { AverageNull, SampleScrutiny, Scrutiny } from './scrutiny.js';

/** Samples, trained networks and nulls, a row each: what a sceptic compares. */
export function contendersTable({ samples, trained, heldOut, nulls, bars }: Scrutiny): Table {
  const at = (bar: number | undefined): string =>
    bar === undefined ? '' : ` ≥ ${bar.toFixed(4).replace(/^0/, '')}`;
  const { interpolation, soup, principalGaussian, runPlusNoise, sameTime } = nulls;
  const rows: (readonly [string, Contender | null])[] = [
    ['samples', samples],
    ['trained', trained?.zoo ?? null],
    ['held-out runs', heldOut],
    [averageName('interpolation', interpolation), interpolation],
    [averageName('soup', soup), soup],
    [`Gaussian on ${detail(principalGaussian?.components)}principal components`, principalGaussian],
    [`run plus ${detail(runPlusNoise?.scale)}noise`, runPlusNoise],
    [`trained for ${detail(sameTime?.updates)}updates, the time of sampling`, sameTime],
  ];
  return {
    columns: [
      'networks',
      'number',
      'accuracy',
      'worst',
      'cross-entropy',
      'error overlap',
      'novelty ratio',
      'smallest ratio',
      'novel',
      `novel and${at(bars?.lenient)}`,
      `novel and${at(bars?.strict)}`,
    ].map((header) => ({ header })),
    rows: rows.flatMap(([name, own]) =>
      own === null
        ? [[name, ...Array<null>(10).fill(null)]]
        : [
            [name, ...figuresOf(own)],
            ...(own.bestOf === null ? [] : [[`${name}, best of 8`, ...figuresOf(own.bestOf)]]),
          ],
    ),
  };
}

/** How much samples differ from each other, beside trained networks. */
export function diversityTable({
  diversity,
  diversityRatio,
  trained,
}: Pick<Scrutiny, 'diversity' | 'diversityRatio' | 'trained'>): Table {
  const row = (name: string, own: Diversity | null): Cell[] => [
    name,
    own?.networks ?? null,
    own?.divergence ?? null,
    own?.errorOverlap ?? null,
    own?.averagingGain ?? null,
    own?.averaged ?? null,
  ];
  return {
    columns: [
      'networks',
      'number',
      'pairwise divergence, nats',
      'pairwise error overlap',
      'gain by averaging',
      'averaged',
    ].map((header) => ({ header })),
    rows: [
      row('samples', diversity),
      row('trained', trained?.diversity ?? null),
      [
        'ratio',
        null,
        diversityRatio?.divergence ?? null,
        diversityRatio?.errorOverlap ?? null,
        diversityRatio?.averagingGain ?? null,
        null,
      ],
    ],
  };
}

/** Accuracy of averages of samples beside averages of as many trained networks. */
export function averagesTable({ averages }: Pick<SampleScrutiny, 'averages'>): Table {
  return {
    columns: ['averaged', 'samples', 'trained'].map((header) => ({ header })),
    rows: averages.map(({ networks, samples, trained }) => [networks, samples, trained]),
  };
}

function figuresOf({
  networks,
  accuracy,
  crossEntropy,
  maxErrorIoU,
  distance,
}: ContenderFigures): Cell[] {
  return [
    networks,
    accuracy.mean,
    accuracy.min,
    crossEntropy,
    maxErrorIoU,
    distance?.medianRatio ?? null,
    distance?.smallestRatio ?? null,
    distance?.novel ?? null,
    distance?.distanceNovelAndAccurate.lenient ?? null,
    distance?.distanceNovelAndAccurate.strict ?? null,
  ];
}

function averageName(name: string, average: AverageNull | null): string {
  return average === null ? name : `${name} of ${average.members}`;
}

/** A setting and a space after it, or nothing. */
function detail(value: number | undefined): string {
  return value === undefined ? '' : `${value} `;
}
