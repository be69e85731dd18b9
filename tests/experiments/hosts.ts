import type { ExperimentHost } from '../../src/experiments/experiment-run.js';

/** A host of runs that train nothing. */
export const untrainable: ExperimentHost = {
  openEngine: () => Promise.reject(new Error('this run needs no engine')),
  onProgress: () => undefined,
};
