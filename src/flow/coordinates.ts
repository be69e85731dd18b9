import type { FlowGeometry } from './geometry.js';
import type { InputMetric } from './input-metric.js';
import type { LogScales } from './log-scale.js';
import type { Deviations } from './matched-prior.js';
import type { TensorScales } from './tensor-scales.js';

/** What turns networks of any architecture into points of a flow, and back. */
export interface Coordinates {
  readonly geometry: FlowGeometry;
  /** Of the weights, or of the canonical weights. */
  readonly scales: TensorScales;
  /** Empty where there is no canonical form. */
  readonly logScales: LogScales;
  /** Between the networks and the reduced ones that the points stand for. Default: the networks. */
  readonly inputMetric?: InputMetric | undefined;
  /** Of the noise; default 1 for every coordinate. */
  readonly deviations?: Deviations | undefined;
}

/** What the coordinates of a flow have beside numbers of its `config.json`. */
export type CoordinateTensors = Pick<Coordinates, 'inputMetric' | 'deviations'>;
