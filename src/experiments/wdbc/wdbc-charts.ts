import { FLOW_GEOMETRIES, type FlowGeometry } from '../../flow/geometry.js';
import { SOLVERS } from '../../flow/solvers/solver.js';
import { lineChart } from '../../plots/index.js';
import { capital, errorPoints, level, ofGeometry } from '../thesis/step-charts.js';
import type { WdbcResults } from './wdbc-experiment.js';

/** The setting for which a chart compares solvers. */
export const CHARTED_SETTING = 'aligned-ot';

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
              .flatMap(({ samples }) =>
                errorPoints(samples.filter(({ solver }) => solver === own)),
              ),
          })),
          { name: 'trained networks', points: level(variants, 1 - zoo.trained.accuracy.mean) },
        ],
      }),
    ]),
  );
}

export const solverChartName = (geometry: FlowGeometry): string => `wdbc-solvers-${geometry}.svg`;
