/**
 * The serving entry: what the HTTP service and a program that generates networks need.
 *
 * It reaches no training code, and so no TensorFlow.js.
 */
export {
  ACTIVATIONS,
  architecture,
  graphArchitecture,
  architectureKey,
  type Activation,
  type Architecture,
} from './network/architecture.js';
export {
  architectureChoiceWithin,
  architectureSchema,
  architectureWith,
  completeArchitecture,
  type ArchitectureChoice,
} from './network/grammar.js';
export { networkOf } from './network/network.js';
export { labelledRows, type LabelledRows } from './data/labelled-rows.js';
export { labelledTable, readLabelledRows, type KnownNames } from './data/labelled-table.js';
export { tableOfText } from './data/table/read-delimited.js';
export { tableOfJson } from './data/table/read-json.js';
export { descriptorSchema, type DataDescriptor } from './data/descriptor.js';
export {
  DEVICE_CHOICES,
  deviceShortfall,
  PROVIDERS,
  type Device,
  type DeviceChoice,
} from './devices/device.js';
export { ensure, WeightspringError, type ErrorCode } from './errors.js';
export { writeFileAtomic } from './files/atomic-write.js';
export { accessFile } from './files/file-error.js';
export { lockFolder, type FolderLock } from './files/lock-folder.js';
export { readBytesIfPresent } from './files/read-file.js';
export {
  API_KEY_FORM,
  API_KEY_SCOPES,
  apiKeyDigest,
  apiKeyId,
  type ApiKeyScope,
} from './keys/api-key.js';
export { readKeyFile } from './keys/key-file.js';
export { keyState, type KeyRecord, type KeyState } from './keys/key-record.js';
export { fieldAt, parseWith } from './files/schema-problem.js';
export { removeDrafts } from './files/write-target.js';
export { DEFAULT_MODELS_DIR, VERSION } from './package-info.js';
export { GUIDANCE_FORMS, type GuidanceForm } from './flow/guidance.js';
export { GUIDANCE_SCHEDULES, type GuidanceSchedule } from './flow/guidance-schedule.js';
export { SOLVER_METHODS, SOLVERS, type Solver } from './flow/solvers/solver.js';
export { TIME_GRIDS, type TimeGrid } from './flow/solvers/time-grid.js';
export type { Stochasticity } from './flow/stochasticity.js';
export { drawSeed, MAX_SEED } from './random.js';
export { DEFAULT_MEMORY_BYTES } from './sampling/network-sampler.js';
export {
  CLASSIFIER_FORMATS,
  DEFAULT_NETWORK_FORMAT,
  fileFormat,
  NETWORK_FORMATS,
  WEIGHT_FORMATS,
  type NetworkFormat,
} from './formats/network-format.js';
export { INPUT_SCALINGS, type InputScaling } from './formats/network-inputs.js';
export { WEIGHT_SCALES, type WeightScale } from './formats/weight-scale.js';
export type { FlowChanges, RefusedFlow } from './flows/flow-catalogue.js';
export {
  completeGuide,
  GUIDE_DEFAULTS,
  guideRecord,
  type Guide,
  type GuideRecord,
  type GuideSettings,
} from './flows/guide.js';
export type { FlowSummary } from './flows/flow-summary.js';
export type { ModelsDir } from './flows/models-dir.js';
export type { GeneratedNetwork, NetworkArchive } from './formats/generated-network.js';
export type { NetworkSource, PoolHealth } from './pool/network-source.js';
export { findFlow, type FlowList } from './sampling/find-flow.js';
export { piecesOf } from './sampling/sample-in-pieces.js';
export type { SampleJob } from './sampling/sample-job.js';
export {
  completeJob,
  sampleNetworks,
  type NetworkDrawer,
  type SampleRequest,
} from './sampling/sample-networks.js';
export {
  certificateIn,
  noveltyCertificateSchema,
  type NoveltyCertificate,
} from './formats/certificate.js';
export { provenanceOf, type Provenance } from './formats/provenance.js';
export { jobName, networkFileName } from './formats/file-name.js';
export { checkEnsemble, fileCount, networksToDraw } from './formats/check-ensemble.js';
export { buildEnsemble, MAX_MEMBERS, type EnsembleOptions } from './formats/ensemble.js';
export {
  ensembleOfFiles,
  type EnsembleFile,
  type EnsembleFilesOptions,
} from './formats/ensemble-files.js';
export type { EnsembleMember } from './formats/ensemble-stacks.js';
export { checkInputScaling } from './formats/input-scaling.js';
export { MAX_GRADIENTS, MAX_ROWS_PER_STEP, MAX_STRENGTH } from './sampling/check-guide.js';
export { checkCost, checkJob, type JobLimits } from './sampling/job-check.js';
export { operationsWithin } from './flows/planned-cost.js';
export { completeSampling, type SamplingOptions } from './flows/sampling-options.js';
export { SamplerPool } from './pool/pool.js';
export type { SamplerPoolOptions } from './pool/pool-options.js';
export type { PoolEvent } from './pool/worker-fleet.js';
export { onStopSignal } from './stop-signals.js';
