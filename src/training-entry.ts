/** The training entry, `weightspring/training`: zoos, flows, and what measures them. */
export { buildReference } from './evaluation/build-reference.js';
export { evaluateSamples, type EvaluationReport } from './evaluation/evaluate.js';
export { likelihoodFlow, type LikelihoodFlow } from './likelihood/likelihood-flow.js';
export type { LikelihoodOptions } from './likelihood/likelihood-options.js';
export { logLikelihood, type Network } from './likelihood/log-likelihood.js';
export type { NetworkLikelihood } from './likelihood/network-likelihood.js';
export { Sampler } from './sampling/sampler.js';
export { readFlow, writeFlow } from './sampling/flow-store.js';
export type { Engine } from './training/engine.js';
export { OrtEngine } from './training/ort-engine.js';
export {
  FLOW_TRAINING_DEFAULTS,
  trainFlow,
  type FlowTrainingConfig,
  type TrainedFlow,
} from './training/train-flow.js';
export {
  chooseVelocityConfig,
  VELOCITY_KINDS,
  type VelocityKind,
  type VelocityChoices,
} from './velocity/choose-velocity-config.js';
export { NEURON_TRANSFORMER_DEFAULTS } from './velocity/neuron-transformer.js';
export { loadTask } from './zoo/prepared-task.js';
export { zooRecipe } from './zoo/recipes.js';
export { trainZoo } from './zoo/train-zoo.js';
export { readZoo, writeZoo } from './zoo/zoo-file.js';
