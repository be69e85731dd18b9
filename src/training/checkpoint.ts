import { join } from 'node:path';
import { z } from 'zod';
import type { ParameterSpec } from '../ops/tensor-ops.js';
import type { RandomState } from '../random.js';
import type { BestCheckpoint } from './held-out.js';
import type { MovingAverageState } from './moving-average.js';
import type { OptimizerState } from './optimizers/optimizer.js';
import { nameSection, readSealedState, readSection, writeSealedState } from './sealed-state.js';

/** Everything that a later process needs to continue a run bit-exactly. */
export interface Checkpoint {
  /** Updates done. */
  readonly step: number;
  readonly parameters: readonly Float32Array[];
  readonly average: MovingAverageState;
  readonly optimizer: OptimizerState;
  readonly random: RandomState;
  /** The level of recent losses that divergence is judged by; null before the first update. */
  readonly recentLoss: number | null;
  /** Of a training with held-out runs, once they were measured. */
  readonly best?: BestCheckpoint | undefined;
}

export const CHECKPOINT_FILE = 'checkpoint.safetensors';

/** Writes the checkpoint of a run; the previous one stays until the new one is complete. */
export async function writeCheckpoint(
  runDir: string,
  specs: readonly ParameterSpec[],
  { step, parameters, average, optimizer, random, recentLoss, best }: Checkpoint,
): Promise<void> {
  await writeSealedState(
    join(runDir, CHECKPOINT_FILE),
    [
      ...nameSection('parameters', specs, parameters),
      ...nameSection('average', specs, average.values),
      ...nameSection('moments', specs, optimizer.moments),
      ...(best === undefined ? [] : nameSection('best', specs, best.parameters)),
    ],
    {
      step,
      averageUpdates: average.updates,
      optimizer: { kind: optimizer.kind, steps: optimizer.steps },
      random,
      recentLoss,
      ...(best === undefined ? {} : { best: best.record }),
    } satisfies StoredState,
  );
}

const count = z.int().min(0);
const word = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 32 - 1);

/** What is kept beside the tensors. */
const storedStateSchema = z.object({
  step: count,
  averageUpdates: count,
  optimizer: z.object({ kind: z.enum(['adam', 'sgd']), steps: count }),
  random: z.object({
    words: z.tuple([word, word, word, word]).readonly(),
    spareNormal: z.number().nullable(),
  }),
  recentLoss: z.number().nullable(),
  best: z.object({ step: count, heldOut: z.number(), training: z.number() }).optional(),
});
type StoredState = z.infer<typeof storedStateSchema>;

/**
 * Reads the checkpoint of a run, or null where there is none yet.
 *
 * @throws WeightspringError `data-corrupt` for a damaged file, one of an earlier release, or one of
 * other parameters
 */
export async function readCheckpoint(
  runDir: string,
  specs: readonly ParameterSpec[],
): Promise<Checkpoint | null> {
  const path = join(runDir, CHECKPOINT_FILE);
  const file = await readSealedState(path, storedStateSchema);
  if (file === null) return null;
  const { state, tensors } = file;
  const section = (prefix: string, groups: number): readonly Float32Array[] =>
    readSection(tensors, prefix, specs, groups, path);
  return {
    step: state.step,
    parameters: section('parameters', 1),
    average: { updates: state.averageUpdates, values: section('average', 1) },
    optimizer: { ...state.optimizer, moments: section('moments', 2) },
    random: state.random,
    recentLoss: state.recentLoss,
    ...(state.best === undefined
      ? {}
      : { best: { record: state.best, parameters: section('best', 1) } }),
  };
}
