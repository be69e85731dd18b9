import type { FlowGeometry } from './geometry.js';
import type { InputMetric } from './input-metric.js';
import type { LogScales } from './log-scale.js';
import type { Deviations } from './matched-prior.js';
import type { TensorScales } from './tensor-scales.js';

/** The parameters of the map between networks of any architecture and points of a flow. */
export interface Coordinates {
  readonly geometry: FlowGeometry;
  /** Scales of the weights or canonical weights. */
  readonly scales: TensorScales;
  /** Empty without canonical forms. */
  readonly logScales: LogScales;
  /**
   * Maps networks to the reduced ones that the points represent. Default: points represent the
   * networks themselves.
   */
  readonly inputMetric?: InputMetric | undefined;
  /** Standard deviations of the noise; default 1 for every coordinate. */
  readonly deviations?: Deviations | undefined;
}

/** The part of a flow's coordinates that is not in its `config.json`. */
export type CoordinateTensors = Pick<Coordinates, 'inputMetric' | 'deviations'>;
