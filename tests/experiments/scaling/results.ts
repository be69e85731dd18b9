import type {
  CellResult,
  ScalingResults,
} from '../../../src/experiments/scaling/scaling-experiment.js';
import { cellsOf, type Cell } from '../../../src/experiments/scaling/train-cell.js';
import type { ScalingBudget } from '../../../src/experiments/scaling/budget.js';

const figures = {
  networks: 4,
  validation: 0.9,
  accuracy: { mean: 0.91, std: 0.01, min: 0.88 },
  crossEntropy: 0.3,
  averaged: 0.95,
  divergence: 0.05,
};

/** A cell that is as good as the zoo, but for `change`. */
export function cellResult(cell: Cell, change: Partial<CellResult> = {}): CellResult {
  return {
    cell,
    training: { losses: { training: 0.2, heldOut: 0.3 }, durationSeconds: 60 },
    outside: 8,
    samples: figures,
    copying: { novelty: 1, heldOutNovelty: 1, dispersion: 1 },
    ...change,
  };
}

export function scalingResults(
  budget: ScalingBudget,
  runs: number,
  change: (cell: Cell) => Partial<CellResult> = () => ({}),
): ScalingResults {
  return {
    task: 'mnist',
    architecture: '784-10-10',
    runs,
    snapshots: 10,
    directions: 128,
    trained: { ...figures, accuracy: { mean: 0.92, std: 0.01, min: 0.89 } },
    cells: cellsOf(budget, runs).map((cell) => cellResult(cell, change(cell))),
  };
}

export { figures as usualFigures };
