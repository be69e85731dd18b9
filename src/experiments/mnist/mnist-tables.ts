import type { Cell, Column, Table } from '../../files/table.js';
import type { ReferenceArchitecture } from '../../evaluation/reference.js';
import {
  THESIS_MNIST,
  THESIS_MNIST_WIDE,
  THESIS_MNIST_ZOO,
  type ThesisMnistFigures,
} from '../thesis-figures.js';
import { eulerSamples, variantName } from '../thesis/variant-result.js';
import { rate } from '../thesis/variant-tables.js';
import type { Variant } from '../thesis/variants.js';
import type { TogetherFigures } from './measure-mnist.js';
import type { MnistResults } from './mnist-experiment.js';

/** Samples of every flow in one number of Euler steps, beside trained networks and the thesis. */
export function sampleTable({ zoo, variants }: MnistResults, steps: number): Table {
  const { trained } = zoo;
  return {
    columns: [
      { header: 'networks' },
      rate('accuracy'),
      rate('± std'),
      rate('worst'),
      rate('averaged'),
      rate('cross-entropy'),
      rate('ECE'),
      rate('divergence'),
      rate('max error IoU'),
      rate('novelty ratio'),
      rate('thesis: accuracy'),
      rate('thesis: ± std'),
      rate('thesis: loss'),
      { header: 'thesis: diversity', format: (value) => value.toFixed(5) },
    ],
    rows: [
      [
        'trained',
        trained.accuracy.mean,
        trained.accuracy.std,
        trained.accuracy.min,
        zoo.averages.at(-1)?.accuracy ?? null,
        trained.crossEntropy.mean,
        trained.ece.mean,
        zoo.divergence,
        trained.independentMaxErrorIoU,
        null,
        ...thesisCells(THESIS_MNIST_ZOO),
      ],
      baselineRow('interpolation of 2', trained.baselines.interpolation),
      baselineRow('soup of 16', trained.baselines.soup),
      ...variants.flatMap((result) => {
        const figures = eulerSamples(result, steps);
        if (figures === undefined) return [];
        const { accuracy, averagedAccuracy, crossEntropy, ece, detail } = figures;
        return [
          [
            variantName(result.variant),
            accuracy.mean,
            accuracy.std,
            accuracy.min,
            averagedAccuracy,
            crossEntropy.mean,
            ece.mean,
            detail?.divergence ?? null,
            detail?.maxErrorIoU ?? null,
            detail?.noveltyRatio ?? null,
            ...thesisCells(thesisOf(result.variant)),
          ],
        ];
      }),
    ],
  };
}

/** Accuracy of averages of networks, of every flow in one number of Euler steps. */
export function averagesTable({ zoo, variants }: MnistResults, steps: number): Table {
  const curves = [
    { name: 'trained', averages: zoo.averages },
    ...variants.flatMap((result) => {
      const averages = eulerSamples(result, steps)?.detail?.averages;
      return averages === undefined ? [] : [{ name: variantName(result.variant), averages }];
    }),
  ];
  const counts = curves.flatMap(({ averages }) => averages.map(({ samples }) => samples));
  const columns = [...new Set(counts)].sort((a, b) => a - b);
  return {
    columns: [{ header: 'networks' }, ...columns.map((count) => rate(String(count)))],
    rows: curves.map(({ name, averages }) => [
      name,
      ...columns.map((count) => averageOf(averages, count)),
    ]),
  };
}

/** Samples of more neurons than the zoo has, at some numbers of Euler steps. */
export function wideTable({ variants }: MnistResults, steps: readonly number[]): Table {
  const columns: readonly Column[] = [
    { header: 'flow' },
    { header: 'Euler steps' },
    rate('accuracy'),
    rate('± std'),
    rate('worst'),
    rate('averaged'),
    rate('accuracy at the width of the zoo'),
    rate('thesis: accuracy'),
    rate('thesis: ± std'),
  ];
  return {
    columns,
    rows: variants.flatMap((result) =>
      (result.wide ?? [])
        .filter((cell) => steps.includes(cell.steps))
        .map(({ steps: count, accuracy, averagedAccuracy }) => {
          const thesis = THESIS_MNIST_WIDE[result.variant.geometry];
          return [
            variantName(result.variant),
            count,
            accuracy.mean,
            accuracy.std,
            accuracy.min,
            averagedAccuracy,
            eulerSamples(result, count)?.accuracy.mean ?? null,
            thesis.accuracy,
            thesis.std,
          ];
        }),
    ),
  };
}

function baselineRow(
  name: string,
  baseline: ReferenceArchitecture['baselines']['interpolation'],
): readonly Cell[] {
  const before = [name, baseline?.accuracy ?? null, null, null, null, null, null, null];
  return [...before, baseline?.maxErrorIoU ?? null, null, ...thesisCells(undefined)];
}

function averageOf(averages: TogetherFigures['averages'], count: number): number | null {
  return averages.find(({ samples }) => samples === count)?.accuracy ?? null;
}

function thesisOf({ geometry, setting }: Variant): ThesisMnistFigures | undefined {
  return setting === 'equivariant' ? undefined : THESIS_MNIST[geometry][setting];
}

function thesisCells(figures: ThesisMnistFigures | undefined): readonly (number | null)[] {
  return [
    figures?.accuracy ?? null,
    figures?.std ?? null,
    figures?.crossEntropy ?? null,
    figures?.diversity ?? null,
  ];
}
