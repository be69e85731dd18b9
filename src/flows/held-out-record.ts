import { z } from 'zod';
import type { TrainedFlow } from '../training/flow-run.js';
import type { FlowTrainingConfig } from '../training/flow-training-config.js';
import type { HeldOutNumbers } from '../zoo/held-out-runs.js';
import type { FlowConfig } from './flow-config.js';

const count = z.int().min(1);

/** What a flow's training record says of the runs that it did not learn from. */
const heldOutRecordSchema = z.object({
  /** By key of the architecture, the numbers of the runs. */
  runs: z.array(z.object({ architecture: z.string(), runs: z.array(z.int().min(0)) })),
  /** The measurement whose averaged parameters the flow has. */
  best: z.object({ step: count, heldOut: z.number(), training: z.number() }),
  /** Updates done. */
  updates: count,
  /** Why no more were done. */
  endedBy: z.enum(['patience', 'updates']),
});
export type HeldOutTraining = z.infer<typeof heldOutRecordSchema>;

const recordSchema = z.object({
  config: z.object({ heldOut: z.object({ every: count, patience: count }) }),
  heldOut: heldOutRecordSchema,
});

/** The field `heldOut` of a training record; none where no runs were held out. */
export function heldOutRecord(
  { best, step }: Pick<TrainedFlow, 'best' | 'step'>,
  { steps }: Pick<FlowTrainingConfig, 'steps'>,
  runs: readonly HeldOutNumbers[] | undefined,
): { readonly heldOut?: HeldOutTraining } {
  if (best === undefined || runs === undefined) return {};
  return {
    heldOut: {
      runs: runs.map(({ architecture, runs: numbers }) => ({ architecture, runs: [...numbers] })),
      best: { ...best },
      updates: step,
      endedBy: step < steps ? 'patience' : 'updates',
    },
  };
}

/** How a flow's training used held-out runs, in a paragraph; null where it held out none. */
export function describeHeldOut({ training }: Pick<FlowConfig, 'training'>): string | null {
  const parsed = recordSchema.safeParse(training);
  if (!parsed.success) return null;
  const { config, heldOut } = parsed.data;
  const { runs, best, updates, endedBy } = heldOut;
  const total = runs.reduce((sum, { runs: numbers }) => sum + numbers.length, 0);
  const end =
    endedBy === 'patience'
      ? `, which ended training after ${updates}: ${config.heldOut.patience} measurements, one every ` +
        `${config.heldOut.every} updates, had found no lower loss`
      : ` of ${updates}`;
  return (
    `Runs that were held out: ${total}, listed below as \`heldOut.runs\`. The flow has the averaged ` +
    `parameters with the least loss on them, ${best.heldOut.toFixed(4)} after ` +
    `${best.step} updates${end}. The loss on runs that it learnt from was ` +
    `${best.training.toFixed(4)} there. Novelty is measured against all runs.`
  );
}
