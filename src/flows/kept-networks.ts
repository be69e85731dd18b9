import type { Coordinates } from '../flow/coordinates.js';
import type { RunPoint } from '../novelty/trained-runs.js';

/** Final networks of a zoo's architecture, in the coordinates in which distances are measured. */
export interface KeptArchitecture {
  /** By run, rounded to float16. */
  readonly finals: readonly RunPoint[];
  /** Of each final the distance to the nearest other run; empty where there is no other. */
  readonly leaveOneOut: readonly number[];
}

/** What a flow keeps of its zoo to tell how new a network is. */
export interface KeptRuns {
  readonly coordinates: Pick<Coordinates, 'geometry' | 'scales' | 'logScales'>;
  /** In the order of the zoo's architectures. */
  readonly architectures: readonly KeptArchitecture[];
}
