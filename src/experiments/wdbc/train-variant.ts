import { networkOf } from '../../network/network.js';
import type { PopulationGroup } from '../../flow/tensor-scales.js';
import { storeTrainedFlow } from '../../flows/store-trained-flow.js';
import {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
} from '../../training/flow-training-config.js';
import { NEURON_TRANSFORMER_DEFAULTS } from '../../velocity/neuron-transformer.js';
import type { Zoo } from '../../zoo/zoo.js';
import type { ExperimentRun } from '../experiment-run.js';
import { trainInRun } from '../train-in-run.js';
import type { WdbcBudget } from './budget.js';
import { SETTING_DETAILS, type Variant } from './variants.js';

/** How the training of a flow went. */
export interface VariantTraining {
  /** Of the stored flow. */
  readonly sha256: string;
  /** Mean loss of the last tenth of the updates. */
  readonly loss: number;
  readonly durationSeconds: number;
}

/** Folder of the trained flows within a run. */
export const FLOWS_FOLDER = 'flows';

/**
 * Trains one flow of the experiment and stores it; a training that was stopped goes on from its
 * checkpoint.
 *
 * @throws WeightspringError `cancelled` when the run is stopped
 */
export async function trainVariant(
  run: ExperimentRun,
  variant: Variant,
  zoo: Zoo,
  population: PopulationGroup,
  budget: WdbcBudget,
  seed: number,
): Promise<VariantTraining> {
  const config = variantConfig(variant, population, budget, seed);
  const { trained, engine, loss, durationSeconds } = await trainInRun(
    run,
    variant.name,
    population,
    config,
  );
  const { sha256 } = await storeTrainedFlow(run.path(FLOWS_FOLDER, variant.name), {
    name: variant.name,
    description: `The ${variant.geometry} flow over the thesis's WDBC zoo, ${variant.setting}`,
    zoo,
    config,
    trained,
    engine,
    durationSeconds,
  });
  return { sha256, loss, durationSeconds };
}

function variantConfig(
  { geometry, setting }: Variant,
  { architecture }: PopulationGroup,
  { updates, batch, width, blocks }: WdbcBudget,
  seed: number,
): FlowTrainingConfig {
  const { coupling, hasSlots } = SETTING_DETAILS[setting];
  const { inputs, outputs, groups } = networkOf(architecture);
  return {
    ...FLOW_TRAINING_DEFAULTS,
    geometry,
    coupling,
    velocity: {
      ...NEURON_TRANSFORMER_DEFAULTS,
      inputs,
      outputs,
      maxHiddenLayers: groups.length,
      width,
      blocks,
      edgeWidth: EDGE_WIDTH,
      edgeUpdate: 'full',
      slots: hasSlots ? Math.max(...groups.map(({ size }) => size)) : 0,
    },
    batchSize: batch,
    steps: updates,
    seed,
  };
}

/** Half of the default: a network of 30-16-16-2 has only 256 hidden-to-hidden weights. */
const EDGE_WIDTH = 16;
