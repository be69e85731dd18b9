/**
 * The serving entry: what the HTTP service and a program that generates networks need.
 *
 * It reaches no training code, and so no TensorFlow.js.
 */
export {
  ACTIVATIONS,
  architecture,
  parameterCount,
  type Activation,
  type Architecture,
} from './architecture/architecture.js';
export {
  DEVICE_CHOICES,
  deviceShortfall,
  PROVIDERS,
  type Device,
  type DeviceChoice,
} from './devices/device.js';
export { ensure, WeightspringError, type ErrorCode } from './errors.js';
export { DEFAULT_MODELS_DIR, VERSION } from './package-info.js';
export { SOLVER_METHODS, SOLVERS, type Solver } from './flow/solvers/solver.js';
export { TIME_GRIDS, type TimeGrid } from './flow/solvers/time-grid.js';
export type { Stochasticity } from './flow/stochasticity.js';
export { drawSeed, MAX_SEED } from './random.js';
export {
  DEFAULT_MEMORY_BYTES,
  INPUT_SCALINGS,
  NETWORK_FORMATS,
  type FlowChanges,
  type FlowSummary,
  type GeneratedNetwork,
  type InputScaling,
  type NetworkArchive,
  type NetworkFormat,
  type NetworkSource,
  type PoolHealth,
  type RefusedFlow,
  type SampleJob,
} from './sampling/contracts.js';
export { jobName, networkFileName } from './sampling/file-name.js';
export { checkInputScaling } from './sampling/input-scaling.js';
export { checkCost, checkJob, type JobLimits } from './sampling/job-check.js';
export { operationsWithin } from './sampling/planned-cost.js';
export { completeSampling, type SamplingOptions } from './sampling/sampling-options.js';
export { isExtrapolated } from './sampling/served-region.js';
export { SamplerPool, type SamplerPoolOptions } from './sampling/pool.js';
export type { PoolEvent } from './sampling/worker-fleet.js';
export { onStopSignal } from './stop-signals.js';
