import type { Provider } from '../src/devices/device.js';
import { measureAttacks } from './attacks.js';
import { measureDevice } from './device.js';
import { measureEnsemble } from './ensemble.js';
import { measureEvaluation } from './evaluation.js';
import { measureMemory } from './memory.js';
import { measureNovelty } from './novelty.js';
import { measurePlannedCost } from './planned-cost.js';
import { measureVelocity } from './relational.js';
import { measureSampleOverTrain } from './sample-over-train.js';
import { measureSampler } from './sampler.js';
import { measureScaling } from './scaling.js';
import { measureService } from './service.js';
import { measureThreads } from './threads.js';
import { measureTraining } from './training.js';

/** What measurements are made on. */
export interface Conditions {
  readonly modelsDir: string;
  /** Where `sampler` and `training` compute; the others say themselves. */
  readonly provider: Provider;
}

/** In the order in which they run. */
export const MEASUREMENTS = {
  service: ({ modelsDir }: Conditions) => measureService(modelsDir),
  attacks: ({ modelsDir }: Conditions) => measureAttacks(modelsDir),
  sampler: ({ provider }: Conditions) => measureSampler({ provider }),
  training: ({ provider }: Conditions) => measureTraining({ provider }),
  threads: () => measureThreads(),
  plannedCost: () => measurePlannedCost(),
  scaling: () => measureScaling(),
  memory: () => measureMemory(),
  device: () => measureDevice(),
  velocity: () => measureVelocity(),
  evaluation: () => measureEvaluation(),
  novelty: () => measureNovelty(),
  ensemble: () => measureEnsemble(),
  sampleOverTrain: ({ modelsDir }: Conditions) => measureSampleOverTrain(modelsDir),
} as const;

export type Measurement = keyof typeof MEASUREMENTS;

/** The figures of a whole run, as `--json` prints them. */
export type Report = { readonly provider: Provider } & {
  readonly [Name in Measurement]: Awaited<ReturnType<(typeof MEASUREMENTS)[Name]>>;
};
