import { z } from 'zod';
import type { FlowConfig } from '../flows/flow-config.js';
import type { BehaviourConfig, FlowTrainingConfig } from '../training/flow-training-config.js';

/** Of a training that is told nothing: no behaviour loss. */
export const BEHAVIOUR_DEFAULTS: BehaviourConfig = { weight: 0, rows: 128 };
/** Of a flow map whose flow was trained without one: what it learns is what the flow's networks say. */
export const TAUGHT_BEHAVIOUR: BehaviourConfig = { ...BEHAVIOUR_DEFAULTS, weight: 0.5 };

const record = z.object({
  config: z.object({
    behaviour: z.object({ weight: z.number().positive(), rows: z.int().min(1).max(65_536) }),
  }),
});

/** The behaviour loss of a flow's training; {@link TAUGHT_BEHAVIOUR} where its record has none. */
export function behaviourOf({ training }: Pick<FlowConfig, 'training'>): BehaviourConfig {
  return record.safeParse(training).data?.config.behaviour ?? TAUGHT_BEHAVIOUR;
}

/**
 * The behaviour loss that the options ask for, none at a weight of 0.
 *
 * @param defaults - for options that were not given
 */
export function chosenBehaviour(
  options: { readonly behaviour?: number; readonly behaviourRows?: number },
  defaults: BehaviourConfig = BEHAVIOUR_DEFAULTS,
): Pick<FlowTrainingConfig, 'behaviour'> {
  const { behaviour: weight = defaults.weight, behaviourRows: rows = defaults.rows } = options;
  return weight === 0 ? {} : { behaviour: { weight, rows } };
}
