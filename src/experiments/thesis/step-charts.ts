import { FLOW_GEOMETRIES, type FlowGeometry } from '../../flow/geometry.js';
import { lineChart } from '../../plots/index.js';
import type { Block } from '../results-page.js';
import type { VariantResult } from './variant-result.js';

export interface StepChartOptions {
  readonly task: string;
  readonly variants: readonly VariantResult[];
  /** Mean accuracy of the trained networks. */
  readonly trained: number;
}

/** A point of a chart. */
type XY = [number, number];

/** Error against Euler steps, one chart per geometry, by file name. */
export function stepCharts({
  task,
  variants,
  trained,
}: StepChartOptions): ReadonlyMap<string, string> {
  return new Map(
    FLOW_GEOMETRIES.map((geometry) => [
      stepChartName(task, geometry),
      lineChart({
        title: `${capital(geometry)} flow: mean test error against Euler steps`,
        xLabel: 'Euler steps',
        yLabel: 'error, 1 − accuracy',
        logX: true,
        logY: true,
        series: [
          ...ofGeometry(variants, geometry).map(({ variant, samples }) => ({
            name: variant.setting,
            points: errorPoints(samples.filter(({ solver }) => solver === 'euler')),
          })),
          { name: 'trained networks', points: level(variants, 1 - trained) },
        ],
      }),
    ]),
  );
}

/** The charts of {@link stepCharts} on a page. */
export function stepFigures(task: string): readonly Block[] {
  return FLOW_GEOMETRIES.map((geometry) => ({
    kind: 'figure',
    file: stepChartName(task, geometry),
    caption: `Error of the ${geometry} flow against Euler steps`,
  }));
}

const stepChartName = (task: string, geometry: FlowGeometry): string =>
  `${task}-steps-${geometry}.svg`;

export function ofGeometry<Result extends VariantResult>(
  variants: readonly Result[],
  geometry: FlowGeometry,
): readonly Result[] {
  return variants.filter(({ variant }) => variant.geometry === geometry);
}

/** Error against steps. */
export function errorPoints(samples: VariantResult['samples']): XY[] {
  return samples.map(({ steps, accuracy }) => [steps, 1 - accuracy.mean]);
}

/** A horizontal line over all step counts. */
export function level(variants: readonly VariantResult[], value: number): XY[] {
  const steps = variants.flatMap(({ samples }) => samples.map((cell) => cell.steps));
  return [
    [Math.min(...steps), value],
    [Math.max(...steps), value],
  ];
}

export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
