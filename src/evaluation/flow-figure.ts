import type { FlowFigure } from '../flows/flow-figures.js';
import type { Solver } from '../flow/solvers/solver.js';
import type { ScrutinisedReport } from './evaluate-job.js';

/** What a flow's folder keeps of a report, by which it is served. */
export function flowFigure(
  { architecture, steps, samples, zoo, judgement, scrutiny }: ScrutinisedReport,
  solver: Solver,
): FlowFigure {
  return {
    ...architecture,
    solver,
    steps,
    samples: samples.count,
    accuracy: { mean: samples.accuracy.mean, min: samples.accuracy.min },
    crossEntropy: samples.crossEntropy.mean,
    trainedAccuracy: zoo.accuracy.mean,
    ...(scrutiny === undefined
      ? {}
      : { noveltyMedianRatio: scrutiny.samples.distance?.medianRatio ?? null }),
    judgement,
  };
}
