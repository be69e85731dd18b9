import { reducedArchitecture } from '../../flow/reduced-architecture.js';
import type { FlowGeometry } from '../../flow/geometry.js';
import type { FinishedTraining } from '../../flows/store-trained-flow.js';
import type { Architecture } from '../../network/architecture.js';
import { networkOf } from '../../network/network.js';
import {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
} from '../../training/flow-training-config.js';
import {
  NEURON_TRANSFORMER_DEFAULTS,
  type NeuronTransformerConfig,
} from '../../velocity/neuron-transformer.js';
import { SETTING_DETAILS, type Variant } from './variants.js';

/** How long the flows of an experiment are trained, and how large they are. */
export interface FlowSize {
  readonly updates: number;
  readonly batch: number;
  /** Token width and blocks of the velocity network. */
  readonly width: number;
  readonly blocks: number;
}

/** How the flows of an experiment are trained and stored. */
export interface FlowRecipe extends FlowSize {
  /** The zoo in the descriptions of flows: `thesis's WDBC zoo`. */
  readonly zoo: string;
  /** Choices for the velocity network other than its defaults. */
  readonly velocity: Partial<Pick<NeuronTransformerConfig, 'edgeWidth' | 'edgeUpdate'>>;
  /** Choices for the training of a geometry other than the defaults. */
  readonly training: (geometry: FlowGeometry) => Partial<FlowTrainingConfig>;
  /** How flows are stored other than by default. */
  readonly stored: Pick<FinishedTraining, 'sampling' | 'maxWidth'>;
}

/** The training of one flow over networks of an architecture. */
export function variantConfig(
  { geometry, setting }: Variant,
  architecture: Architecture,
  { updates, batch, width, blocks, velocity, training }: FlowRecipe,
  seed: number,
): FlowTrainingConfig {
  const { coupling, hasSlots } = SETTING_DETAILS[setting];
  const chosen = training(geometry);
  const network = networkOf(architecture);
  const { inputs, outputs, groups } =
    chosen.inputMetric === undefined
      ? network
      : networkOf(
          reducedArchitecture(architecture, {
            features: network.inputs,
            rank: chosen.inputMetric,
          }),
        );
  return {
    ...FLOW_TRAINING_DEFAULTS,
    ...chosen,
    geometry,
    coupling,
    velocity: {
      ...NEURON_TRANSFORMER_DEFAULTS,
      inputs,
      outputs,
      maxHiddenLayers: groups.length,
      width,
      blocks,
      ...velocity,
      slots: hasSlots ? Math.max(...groups.map(({ size }) => size)) : 0,
    },
    batchSize: batch,
    steps: updates,
    seed,
  };
}
