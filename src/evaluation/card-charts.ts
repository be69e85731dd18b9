import { architectureName } from '../network/architecture.js';
import { lineChart } from '../plots/index.js';
import { isFull } from './card-scrutiny.js';
import type { ScrutinisedReport } from './evaluate-job.js';

/** Accuracy against the number of solver steps. */
export function stepsChart(flow: string, reports: readonly ScrutinisedReport[]): string {
  const series = (name: string, value: (report: ScrutinisedReport) => number) => ({
    name,
    points: reports.map((report): [number, number] => [report.steps, value(report)]),
  });
  return lineChart({
    title: `Test accuracy of samples of ${flow} against solver steps`,
    xLabel: 'steps',
    yLabel: 'accuracy',
    logX: true,
    series: [
      series('mean of samples', ({ samples }) => samples.accuracy.mean),
      series('worst sample', ({ samples }) => samples.accuracy.min),
      series('averaged', ({ averaged }) => averaged.accuracy),
    ],
  });
}

/** Accuracy of averages of samples and of trained networks, for the first architecture. */
export function averagesChart(reports: readonly ScrutinisedReport[]): string | null {
  const first = reports.find(isFull);
  if (first === undefined) return null;
  const { averages } = first.scrutiny;
  const points = (value: (point: (typeof averages)[number]) => number | null): [number, number][] =>
    averages.flatMap((point): [number, number][] => {
      const accuracy = value(point);
      return accuracy === null ? [] : [[point.networks, accuracy]];
    });
  return lineChart({
    title: `Test accuracy of averaged networks, ${architectureName(first.architecture)}`,
    xLabel: 'networks averaged',
    yLabel: 'accuracy',
    logX: true,
    series: [
      { name: 'samples', points: points(({ samples }) => samples) },
      { name: 'trained', points: points(({ trained }) => trained) },
    ].filter((series) => series.points.length > 0),
  });
}
