/**
 * The entry `weightspring/experiments`: the experiments of the thesis, each with its budgets, its
 * run, the files of its page and the checks on its figures.
 */
export {
  architectureFiles,
  type ArchitecturesPageOptions,
} from './experiments/architectures/architectures-page.js';
export { readCardedFlow, type CardedFlow } from './experiments/architectures/carded-flow.js';
export { barrierChecks, barrierFiles } from './experiments/barriers/barriers-page.js';
export {
  measureBarriers,
  type BarrierOptions,
  type BarriersByMatcher,
} from './experiments/barriers/measure-barriers.js';
export { ENSEMBLES_BUDGETS, type EnsemblesBudget } from './experiments/ensembles/budget.js';
export { ensemblesChecks } from './experiments/ensembles/ensembles-checks.js';
export {
  ensemblesExperiment,
  type EnsemblesOptions,
  type EnsemblesResults,
} from './experiments/ensembles/ensembles-experiment.js';
export { ensemblesFiles } from './experiments/ensembles/ensembles-page.js';
export { ExperimentRun, type ExperimentHost } from './experiments/experiment-run.js';
export { GAUSSIAN_BUDGETS, type GaussianBudget } from './experiments/gaussian/budget.js';
export {
  gaussianExperiment,
  type GaussianResults,
} from './experiments/gaussian/gaussian-experiment.js';
export { gaussianChecks } from './experiments/gaussian/gaussian-checks.js';
export { gaussianFiles } from './experiments/gaussian/gaussian-page.js';
export { INIT_BUDGETS, type InitBudget } from './experiments/init/budget.js';
export { initChecks } from './experiments/init/init-checks.js';
export {
  initExperiment,
  type InitOptions,
  type InitResults,
} from './experiments/init/init-experiment.js';
export { initFiles } from './experiments/init/init-page.js';
export { LIKELIHOOD_BUDGETS, type LikelihoodBudget } from './experiments/likelihood/budget.js';
export {
  likelihoodExperiment,
  type LikelihoodExperimentOptions,
  type LikelihoodResults,
} from './experiments/likelihood/likelihood-experiment.js';
export { likelihoodChecks, likelihoodFiles } from './experiments/likelihood/likelihood-page.js';
export { MNIST_BUDGETS, type MnistBudget } from './experiments/mnist/budget.js';
export { mnistChecks } from './experiments/mnist/mnist-checks.js';
export {
  mnistExperiment,
  type MnistOptions,
  type MnistResults,
} from './experiments/mnist/mnist-experiment.js';
export { mnistFiles } from './experiments/mnist/mnist-page.js';
export { readMnistZoo } from './experiments/mnist/mnist-zoo.js';
export { formatChecks, type Check, type ResultFiles } from './experiments/results-page.js';
export { SCALES, type Scale } from './experiments/scale.js';
export {
  SCALING_BUDGETS,
  type FlowSize,
  type ScalingBudget,
} from './experiments/scaling/budget.js';
export {
  scalingExperiment,
  type ScalingOptions,
  type ScalingResults,
} from './experiments/scaling/scaling-experiment.js';
export { scalingFiles } from './experiments/scaling/scaling-page.js';
export { WDBC_BUDGETS, type WdbcBudget } from './experiments/wdbc/budget.js';
export { thesisZoo, type ThesisZooOptions } from './experiments/thesis/thesis-zoo.js';
export { wdbcChecks } from './experiments/wdbc/wdbc-checks.js';
export {
  wdbcExperiment,
  type WdbcOptions,
  type WdbcResults,
} from './experiments/wdbc/wdbc-experiment.js';
export { wdbcFiles } from './experiments/wdbc/wdbc-page.js';
export { TRANSFER_BUDGETS, type TransferBudget } from './experiments/transfer/budget.js';
export { transferChecks } from './experiments/transfer/transfer-checks.js';
export {
  transferExperiment,
  type TransferCase,
  type TransferOptions,
} from './experiments/transfer/transfer-experiment.js';
export { transferFiles } from './experiments/transfer/transfer-page.js';
