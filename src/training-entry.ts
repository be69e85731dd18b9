/**
 * The training entry, `weightspring/training`: zoos and flows, what measures them, and what samples
 * inside the calling process.
 */
export { alignPopulation } from './alignment/align-population.js';
export { balancedForm } from './alignment/balanced-form.js';
export { canonicalForm, canonicalSigns } from './alignment/canonical-form.js';
export { matchWeights } from './alignment/weight-matching.js';
export { meanLossBarrier, randomPairs } from './alignment/barrier.js';
export { modelCard, type CardOptions } from './evaluation/card.js';
export { openDevice } from './devices/open-device.js';
export { providerError } from './devices/probe.js';
export { buildReference } from './evaluation/build-reference.js';
export {
  evaluateSamples,
  type EvaluationOptions,
  type EvaluationReport,
} from './evaluation/evaluate.js';
export type { PopulationComparison } from './evaluation/comparison.js';
export type { ImportedInputs } from './evaluation/import-population.js';
export { trainFresh } from './evaluation/fresh.js';
export { readReference } from './evaluation/read-reference.js';
export { findArchitecture, type FlowReference } from './evaluation/reference.js';
export { likelihoodFlow, type LikelihoodFlow } from './likelihood/likelihood-flow.js';
export { LIKELIHOOD_DEFAULTS, type LikelihoodOptions } from './likelihood/likelihood-options.js';
export { logLikelihood, type LikelihoodHost, type Network } from './likelihood/log-likelihood.js';
export type { NetworkLikelihood } from './likelihood/network-likelihood.js';
export { readNetwork, type ReadNetworkOptions } from './likelihood/read-network.js';
export type { SamplerOptions } from './sampling/network-sampler.js';
export type { FlowConfig } from './flows/flow-config.js';
export { listFlows } from './flows/flow-folder.js';
export {
  FLOW_FILES,
  openFlow,
  readFlow,
  readFlowConfig,
  writeFlow,
  type OpenedFlow,
  type StoredFlow,
} from './flows/flow-store.js';
export { storedStandardisation } from './data/standardisation.js';
export { FlowTeacher, type FlowTeacherOptions } from './sampling/flow-teacher.js';
export { Sampler } from './sampling/sampler.js';
export { storeTrainedFlow, type FinishedTraining } from './flows/store-trained-flow.js';
export type { Engine } from './training/engine.js';
export { OrtEngine, type OrtEngineOptions } from './training/ort-engine.js';
export type { TrainedFlow } from './training/flow-run.js';
export type { DistilConfig, Teacher } from './training/teacher.js';
export {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
} from './training/flow-training-config.js';
export { trainFlow, type FlowTrainingOptions } from './training/train-flow.js';
export { readTrainingLog, TrainingLog, type TrainingRecord } from './training/training-log.js';
export { chooseVelocityConfig } from './velocity/choose-velocity-config.js';
export { VELOCITY_KINDS, type VelocityChoices, type VelocityKind } from './velocity/registry.js';
export { NEURON_TRANSFORMER_DEFAULTS } from './velocity/neuron-transformer.js';
export type { DataDescriptor } from './data/descriptor.js';
export { BUILT_IN_DATASETS } from './data/load-dataset.js';
export type { DataSource } from './data/load-file.js';
export { evaluateNetworks } from './zoo/evaluate-networks.js';
export { crossEntropy } from './zoo/metrics.js';
export { loadTask, partData, type PreparedTask } from './zoo/prepared-task.js';
export { createFlow, type CreatedFlow, type CreateOptions } from './workflows/create-flow.js';
export type { CreatedFigures } from './workflows/measure-created.js';
export { importZoo, type ImportedZoo, type ImportZooOptions } from './workflows/import-zoo.js';
export { zooRecipe, type ZooRecipe } from './zoo/recipes.js';
export {
  trainZoo,
  trainZooOn,
  type ZooOptions,
  type ZooProgress,
  type ZooTrainingOptions,
} from './zoo/train-zoo.js';
export { trainZooFile, zooRunDir, type ZooFileOptions } from './zoo/train-zoo-file.js';
export type { ZooChoices } from './zoo/zoo-plan.js';
export { Zoo, type ZooAlignment, type ZooArchitecture, type ZooHeader } from './zoo/zoo.js';
export { readZoo, writeZoo } from './zoo/zoo-file.js';
