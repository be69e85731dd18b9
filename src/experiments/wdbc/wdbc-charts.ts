import { FLOW_GEOMETRIES, type FlowGeometry } from '../../flow/geometry.js';
import { SOLVERS } from '../../flow/solvers/solver.js';
import { lineChart } from '../../plots/index.js';
import type { VariantResult, WdbcResults } from './wdbc-experiment.js';

/** The setting for which a chart compares solvers. */
export const CHARTED_SETTING = 'aligned-ot';

/** Error against Euler steps, one chart per geometry, by file name. */
export function stepCharts({ variants, zoo }: WdbcResults): ReadonlyMap<string, string> {
  return new Map(
    FLOW_GEOMETRIES.map((geometry) => [
      stepChartName(geometry),
      lineChart({
        title: `${capital(geometry)} flow: mean test error against Euler steps`,
        xLabel: 'Euler steps',
        yLabel: 'error, 1 − accuracy',
        logX: true,
        logY: true,
        series: [
          ...ofGeometry(variants, geometry).map(({ variant, samples }) => ({
            name: variant.setting,
            points: errors(samples.filter(({ solver }) => solver === 'euler')),
          })),
          { name: 'trained networks', points: level(variants, 1 - zoo.trained.accuracy.mean) },
        ],
      }),
    ]),
  );
}

/** Error against steps of every solver, one chart per geometry, by file name. */
export function solverCharts({ variants, zoo }: WdbcResults): ReadonlyMap<string, string> {
  return new Map(
    FLOW_GEOMETRIES.map((geometry) => [
      solverChartName(geometry),
      lineChart({
        title: `${capital(geometry)} flow, ${CHARTED_SETTING}: mean test error by solver`,
        xLabel: 'solver steps',
        yLabel: 'error, 1 − accuracy',
        logX: true,
        logY: true,
        series: [
          ...SOLVERS.map((own) => ({
            name: own,
            points: ofGeometry(variants, geometry)
              .filter(({ variant }) => variant.setting === CHARTED_SETTING)
              .flatMap(({ samples }) => errors(samples.filter(({ solver }) => solver === own))),
          })),
          { name: 'trained networks', points: level(variants, 1 - zoo.trained.accuracy.mean) },
        ],
      }),
    ]),
  );
}

export const stepChartName = (geometry: FlowGeometry): string => `wdbc-steps-${geometry}.svg`;
export const solverChartName = (geometry: FlowGeometry): string => `wdbc-solvers-${geometry}.svg`;

function ofGeometry(
  variants: readonly VariantResult[],
  geometry: FlowGeometry,
): readonly VariantResult[] {
  return variants.filter(({ variant }) => variant.geometry === geometry);
}

function errors(samples: VariantResult['samples']): [number, number][] {
  return samples.map(({ steps, accuracy }) => [steps, 1 - accuracy.mean]);
}

/** A horizontal line over all step counts. */
function level(variants: readonly VariantResult[], value: number): [number, number][] {
  const steps = variants.flatMap(({ samples }) => samples.map((cell) => cell.steps));
  return [
    [Math.min(...steps), value],
    [Math.max(...steps), value],
  ];
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
