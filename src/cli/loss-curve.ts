import { lineChart, type LineSeries } from '../plots/index.js';
import type { HeldOutRecord } from '../training/held-out.js';
import type { TrainingRecord } from '../training/training-log.js';

/** Points of the smoothed loss curve. */
const CURVE_POINTS = 400;

/**
 * The loss of each family, averaged over equal intervals of the run; and that of averaged parameters on
 * held-out runs and on runs trained on, where it was measured.
 */
export function lossCurve(
  records: readonly TrainingRecord[],
  name: string,
  measured: readonly HeldOutRecord[] = [],
): string {
  const stretch = Math.max(1, Math.ceil(records.length / CURVE_POINTS));
  const families = [...new Set(records.map(({ family }) => family))].sort(
    (a, b) => a.length - b.length,
  );
  const curve = (label: string, of: (record: HeldOutRecord) => number): LineSeries => ({
    name: label,
    points: measured.map((record) => [record.step, of(record)]),
  });
  return lineChart({
    title: `Flow-matching loss of ${name}`,
    xLabel: 'update',
    yLabel: 'loss',
    logY: true,
    series: [
      ...families.map((family) => {
        const ofFamily = records.filter((record) => record.family === family);
        const points: [number, number][] = [];
        for (let start = 0; start < ofFamily.length; start += stretch) {
          const part = ofFamily.slice(start, start + stretch);
          points.push([
            part[part.length - 1]?.step ?? 0,
            part.reduce((sum, { loss }) => sum + loss, 0) / part.length,
          ]);
        }
        return { name: family, points };
      }),
      ...(measured.length === 0
        ? []
        : [
            curve('held out', ({ heldOut }) => heldOut),
            curve('trained on, averaged parameters', ({ training }) => training),
          ]),
    ],
  });
}
