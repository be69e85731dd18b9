import { join } from 'node:path';
import { z } from 'zod';
import { ensure, WeightspringError } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { readBytesIfPresent } from '../files/read-file.js';
import type { SafetensorsFile } from '../files/safetensors.js';
import { decodeSealedSafetensors, encodeSealedSafetensors } from '../files/sealed-safetensors.js';
import { formatShape, sameShape } from '../onnx/dim.js';
import type { ParameterSpec } from '../ops/tensor-ops.js';
import type { RandomState } from '../random.js';
import type { MovingAverageState } from './moving-average.js';
import type { OptimizerState } from './optimizers.js';

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
}

export const CHECKPOINT_FILE = 'checkpoint.safetensors';

/** Writes the checkpoint of a run; the previous one stays until the new one is complete. */
export async function writeCheckpoint(
  runDir: string,
  specs: readonly ParameterSpec[],
  checkpoint: Checkpoint,
): Promise<void> {
  const section = (prefix: string, values: readonly Float32Array[]) =>
    values.map((data, index) => {
      const spec = specs[index % specs.length] as ParameterSpec;
      const group = Math.floor(index / specs.length);
      return { name: `${prefix}${group}.${spec.name}`, shape: spec.shape, data };
    });
  const bytes = encodeSealedSafetensors(
    [
      ...section('parameters', checkpoint.parameters),
      ...section('average', checkpoint.average.values),
      ...section('moments', checkpoint.optimizer.moments),
    ],
    {
      state: JSON.stringify({
        step: checkpoint.step,
        averageUpdates: checkpoint.average.updates,
        optimizer: { kind: checkpoint.optimizer.kind, steps: checkpoint.optimizer.steps },
        random: checkpoint.random,
        recentLoss: checkpoint.recentLoss,
      } satisfies StoredState),
    },
  );
  await writeFileAtomic(join(runDir, CHECKPOINT_FILE), bytes);
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
  const bytes = await readBytesIfPresent(path, { what: 'the checkpoint of a run' });
  if (bytes === null) return null;
  const { tensors, metadata } = openSealed(bytes, path);
  const stored = parseState(metadata.state, path);
  const section = (prefix: string, groups: number): Float32Array[] =>
    Array.from({ length: groups * specs.length }, (_, index) => {
      const spec = specs[index % specs.length] as ParameterSpec;
      const name = `${prefix}${Math.floor(index / specs.length)}.${spec.name}`;
      const tensor = tensors.get(name);
      ensure(
        tensor !== undefined && sameShape(tensor.shape, spec.shape),
        'data-corrupt',
        () =>
          `${path}: expected a tensor '${name}' ${formatShape(spec.shape)}, got ` +
          (tensor === undefined ? 'none' : formatShape(tensor.shape)),
      );
      return tensor.data;
    });
  return {
    step: stored.step,
    parameters: section('parameters', 1),
    average: { updates: stored.averageUpdates, values: section('average', 1) },
    optimizer: { ...stored.optimizer, moments: section('moments', 2) },
    random: stored.random,
    recentLoss: stored.recentLoss,
  };
}

/** Names the file in what is wrong with it, and says what to do. */
function openSealed(bytes: Uint8Array, path: string): SafetensorsFile {
  try {
    return decodeSealedSafetensors(bytes);
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError(
      error.code,
      `${path}: ${error.message}; delete the file to start over`,
      { cause: error },
    );
  }
}

function parseState(text: string | undefined, path: string): StoredState {
  let state: unknown;
  try {
    state = JSON.parse(text ?? '');
  } catch (cause) {
    throw new WeightspringError(
      'data-corrupt',
      `${path}: expected the state of a run in the metadata, got ${text ?? 'none'}; delete the ` +
        'file to start over',
      { cause },
    );
  }
  const parsed = storedStateSchema.safeParse(state);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new WeightspringError(
    'data-corrupt',
    `${path}, state '${issue?.path.map(String).join('.') ?? ''}': ${issue?.message ?? 'invalid'}; ` +
      'delete the file to start over',
  );
}
