import { lineChart } from '../../plots/index.js';
import type { GaussianResults, GaussianRow } from './gaussian-experiment.js';
import type { Noise } from './noise.js';
import { NOISE_LABELS, RECOMMENDED_NOISE } from './noise-labels.js';

/** Variance of Euler samples against steps. */
export function gaussianChart({ exact, flows }: GaussianResults): string {
  const line = (
    name: string,
    rows: readonly GaussianRow[],
    noise: Noise,
  ): { name: string; points: [number, number][] } => ({
    name: `${name}, ${NOISE_LABELS[noise]}`,
    points: rows
      .filter(({ solver }) => solver === 'euler')
      .map(({ steps, noises }) => [steps, noises[noise]?.variance ?? NaN]),
  });
  return lineChart({
    title: 'Variance of Euler samples of N(1, 1) against steps',
    xLabel: 'Euler steps',
    yLabel: 'variance (target 1)',
    logX: true,
    series: [
      line('exact field', exact, 'none'),
      ...flows.flatMap(({ prediction, rows }) =>
        (['none', 'thesis', RECOMMENDED_NOISE[prediction]] as const).map((noise) =>
          line(prediction, rows, noise),
        ),
      ),
    ],
  });
}
