import type { Column, Table } from '../../files/table.js';
import type { ExactRow, GaussianResults, GaussianRow } from './gaussian-experiment.js';
import type { LikelihoodGap } from './likelihood-gap.js';
import type { Noise } from './noise.js';
import { NOISE_LABELS } from './noise-labels.js';

export function exactTable(rows: readonly ExactRow[]): Table {
  return {
    columns: [
      { header: 'solver' },
      { header: 'steps' },
      number('mean, ε = 0'),
      ...variances('none', 'thesis', 'solver'),
      number('closed form, ε = 0'),
    ],
    rows: rows.map(({ solver, steps, noises, closedForm }) => [
      solver,
      steps,
      noises.none?.mean ?? null,
      ...varianceCells(noises, 'none', 'thesis', 'solver'),
      closedForm,
    ]),
  };
}

export function flowTable(rows: readonly GaussianRow[]): Table {
  return {
    columns: [
      { header: 'solver' },
      { header: 'steps' },
      number('mean, ε = 0'),
      ...variances('none', 'thesis', 'solver', 'calibrated'),
      number('mean, calibrated'),
    ],
    rows: rows.map(({ solver, steps, noises }) => [
      solver,
      steps,
      noises.none?.mean ?? null,
      ...varianceCells(noises, 'none', 'thesis', 'solver', 'calibrated'),
      noises.calibrated?.mean ?? null,
    ]),
  };
}

export function densityTable({ density, flows }: GaussianResults): Table {
  const row = (
    name: string,
    { exact, flow, gap, standardError, largest, dimension }: LikelihoodGap,
  ): Table['rows'][number] => [
    name,
    exact,
    flow,
    gap,
    standardError,
    largest,
    gap / dimension / Math.LN2,
  ];
  return {
    columns: [
      { header: 'field' },
      number('target'),
      number('flow'),
      number('gap'),
      number('± s.e.'),
      number('largest difference'),
      number('gap, bits per dimension'),
    ],
    rows: [
      row('exact', density),
      ...flows.map(({ prediction, density: gap }) => row(prediction, gap)),
    ],
  };
}

/**
 * A column of variances for each noise, preceded by one for the noise itself unless it is constant.
 */
function variances(...noises: readonly Noise[]): readonly Column[] {
  return noises.flatMap((noise) => [
    ...(isConstant(noise) ? [] : [number(NOISE_LABELS[noise])]),
    number(`variance, ${NOISE_LABELS[noise]}`),
  ]);
}

function varianceCells(
  measured: GaussianRow['noises'],
  ...noises: readonly Noise[]
): readonly (number | null)[] {
  return noises.flatMap((noise) => [
    ...(isConstant(noise) ? [] : [measured[noise]?.epsilon ?? null]),
    measured[noise]?.variance ?? null,
  ]);
}

function isConstant(noise: Noise): boolean {
  return noise === 'none' || noise === 'thesis';
}

function number(header: string): Column {
  return { header, format: (value) => value.toFixed(4) };
}
