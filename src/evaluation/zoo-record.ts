import { z } from 'zod';
import type { FlowConfig } from '../flows/flow-config.js';
import type { BaseTraining } from '../zoo/base-trainer.js';

/** What a flow's configuration says of how its zoo was trained. */
export interface ZooRecord {
  /** Of the runs: another one gives runs that the flow has not seen. */
  readonly seed: number;
  readonly training: BaseTraining;
}

const recordSchema = z.object({
  zoo: z.object({
    seed: z.int().min(0),
    // Its fields are checked where networks are trained with them.
    training: z.custom<BaseTraining>((value) => typeof value === 'object' && value !== null),
  }),
});

/** The record of the zoo, or null where the flow has none. */
export function zooRecordOf({ training }: Pick<FlowConfig, 'training'>): ZooRecord | null {
  const parsed = recordSchema.safeParse(training);
  return parsed.success ? parsed.data.zoo : null;
}

/** What networks are trained for that the flow must not have seen; each has a seed of its own. */
const PURPOSES = ['held-out runs', 'same time', 'ensembles', 'transfer'] as const;

/** A seed that is not the zoo's: with the zoo's, training would give its runs again. */
export function unseenSeed({ seed }: ZooRecord, purpose: (typeof PURPOSES)[number]): number {
  return seed + 1 + PURPOSES.indexOf(purpose);
}
