import type { EvaluationReport } from './evaluate.js';

/** A table as plain data: one cell per column, null where there is no value. */
export interface ReportTable {
  readonly columns: readonly {
    readonly header: string;
    readonly format: (value: number) => string;
  }[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** The main figures of a report, one row per kind of network. */
export function reportTable(report: EvaluationReport): ReportTable {
  const { samples, averaged, novelty, zoo, baselines } = report;
  const headers = [
    'networks',
    'number',
    'accuracy',
    '± std',
    'worst',
    'cross-entropy',
    'ECE',
    'max error IoU',
    'novel and accurate',
  ];
  const average = (name: string, { members, draws, ...figures }: typeof baselines.soup) => [
    members === null ? name : `${name} of ${members}`,
    draws,
    figures.accuracy,
    null,
    null,
    null,
    null,
    figures.maxErrorIoU,
    figures.novelAndAccurate,
  ];
  return {
    columns: headers.map((header) => ({
      header,
      format: header === 'number' ? String : (value) => value.toFixed(4),
    })),
    rows: [
      [
        'trained',
        zoo.runs,
        zoo.accuracy.mean,
        zoo.accuracy.std,
        zoo.accuracy.min,
        zoo.crossEntropy.mean,
        zoo.ece.mean,
        novelty.independentMaxErrorIoU,
        novelty.independentNovelAndAccurate,
      ],
      [
        'generated',
        samples.count,
        samples.accuracy.mean,
        samples.accuracy.std,
        samples.accuracy.min,
        samples.crossEntropy.mean,
        samples.ece.mean,
        novelty.maxErrorIoU,
        novelty.novelAndAccurate,
      ],
      ['generated, averaged', samples.count, averaged.accuracy, null, null, null, null, null, null],
      average('interpolation', baselines.interpolation),
      average('soup', baselines.soup),
    ],
  };
}
