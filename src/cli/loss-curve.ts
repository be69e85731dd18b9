import { lineChart } from '../plots/index.js';
import type { readTrainingLog } from '../training/training-log.js';

/** Points of the smoothed loss curve. */
const CURVE_POINTS = 400;

/** The loss of each family, averaged over equal intervals of the run. */
export function lossCurve(
  records: Awaited<ReturnType<typeof readTrainingLog>>,
  name: string,
): string {
  const stretch = Math.max(1, Math.ceil(records.length / CURVE_POINTS));
  const families = [...new Set(records.map(({ family }) => family))].sort(
    (a, b) => a.length - b.length,
  );
  return lineChart({
    title: `Flow-matching loss of ${name}`,
    xLabel: 'update',
    yLabel: 'loss',
    logY: true,
    series: families.map((family) => {
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
  });
}
