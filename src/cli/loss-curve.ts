import { lineChart } from '../plots/index.js';
import type { readTrainingLog } from '../training/training-log.js';

/** Points of the smoothed loss curve. */
const CURVE_POINTS = 400;

/** The loss, averaged over equal stretches of the run, for each depth. */
export function lossCurve(
  records: Awaited<ReturnType<typeof readTrainingLog>>,
  name: string,
): string {
  const stretch = Math.max(1, Math.ceil(records.length / CURVE_POINTS));
  const depths = [...new Set(records.map(({ hidden }) => hidden))].sort((a, b) => a - b);
  return lineChart({
    title: `Flow-matching loss of ${name}`,
    xLabel: 'update',
    yLabel: 'loss',
    logY: true,
    series: depths.map((hidden) => {
      const ofDepth = records.filter((record) => record.hidden === hidden);
      const points: [number, number][] = [];
      for (let start = 0; start < ofDepth.length; start += stretch) {
        const part = ofDepth.slice(start, start + stretch);
        points.push([
          part[part.length - 1]?.step ?? 0,
          part.reduce((sum, { loss }) => sum + loss, 0) / part.length,
        ]);
      }
      return { name: `${hidden} hidden`, points };
    }),
  });
}
