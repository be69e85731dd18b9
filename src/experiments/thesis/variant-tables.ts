import type { Column, Table } from '../../files/table.js';
import { eulerSamples, variantName, type VariantResult } from './variant-result.js';

/** Mean accuracy of every flow against Euler steps. */
export function stepTable(variants: readonly VariantResult[], steps: readonly number[]): Table {
  return {
    columns: [{ header: 'flow' }, ...steps.map((count) => rate(String(count)))],
    rows: variants.map((result) => [
      variantName(result.variant),
      ...steps.map((count) => eulerSamples(result, count)?.accuracy.mean ?? null),
    ]),
  };
}

/** How the trainings went. */
export function trainingTable(variants: readonly VariantResult[]): Table {
  return {
    columns: [
      { header: 'flow' },
      { header: 'loss, last tenth', format: (value) => value.toFixed(4) },
      { header: 'seconds', format: (value) => String(value) },
      { header: 'sha256' },
    ],
    rows: variants.map(({ variant, training }) => [
      variantName(variant),
      training.loss,
      training.durationSeconds,
      training.sha256.slice(0, 12),
    ]),
  };
}

/** A column of numbers with four decimals. */
export function rate(header: string): Column {
  return { header, format: (value) => value.toFixed(4) };
}
