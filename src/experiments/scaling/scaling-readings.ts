import type { CellResult } from './scaling-experiment.js';

/** Part of the held-out novelty ratio below which samples count as copies. */
export const COPYING = 0.9;

/** The flow whose samples are most accurate on the validation part; the first of equals. */
export function bestByValidation(cells: readonly CellResult[]): CellResult | undefined {
  return first(cells, (a, b) => a.samples.validation > b.samples.validation);
}

/** The flow with the least held-out loss; undefined where none was measured. */
export function leastHeldOut(cells: readonly CellResult[]): CellResult | undefined {
  const of = ({ training }: CellResult): number => training.losses?.heldOut ?? Infinity;
  return first(
    cells.filter(({ training }) => training.losses !== null),
    (a, b) => of(a) < of(b),
  );
}

/**
 * The flow of fewest updates whose median sample is nearer to the runs that it was trained on than
 * {@link COPYING} of what runs outside the training are.
 */
export function copiesFrom(cells: readonly CellResult[]): CellResult | undefined {
  return first(
    cells.filter(
      ({ copying: { novelty, heldOutNovelty } }) =>
        novelty !== null && heldOutNovelty !== null && novelty < COPYING * heldOutNovelty,
    ),
    (a, b) => a.cell.updates < b.cell.updates,
  );
}

function first(
  cells: readonly CellResult[],
  isBetter: (a: CellResult, b: CellResult) => boolean,
): CellResult | undefined {
  return cells.reduce<CellResult | undefined>(
    (best, cell) => (best === undefined || isBetter(cell, best) ? cell : best),
    undefined,
  );
}
