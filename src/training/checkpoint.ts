import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensure, WeightspringError } from '../errors.js';
import { decodeSafetensors, encodeSafetensors } from '../files/safetensors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
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
  const bytes = encodeSafetensors(
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
      }),
    },
  );
  await writeFileAtomic(join(runDir, CHECKPOINT_FILE), bytes);
}

interface StoredState {
  readonly step: number;
  readonly averageUpdates: number;
  readonly optimizer: Pick<OptimizerState, 'kind' | 'steps'>;
  readonly random: RandomState;
}

/**
 * Reads the checkpoint of a run, or null where there is none yet.
 *
 * @throws WeightspringError `data-corrupt` for a damaged file or one of other parameters
 */
export async function readCheckpoint(
  runDir: string,
  specs: readonly ParameterSpec[],
): Promise<Checkpoint | null> {
  const path = join(runDir, CHECKPOINT_FILE);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const { tensors, metadata } = decodeSafetensors(bytes);
  const stored = parseState(metadata.state, path);
  const section = (prefix: string, groups: number): Float32Array[] =>
    Array.from({ length: groups * specs.length }, (_, index) => {
      const spec = specs[index % specs.length] as ParameterSpec;
      const name = `${prefix}${Math.floor(index / specs.length)}.${spec.name}`;
      const tensor = tensors.get(name);
      ensure(
        tensor?.data.length === spec.shape.reduce((size, dim) => size * dim, 1),
        'data-corrupt',
        () => `${path} has no tensor '${name}' of shape [${spec.shape.join(', ')}]`,
      );
      return tensor.data;
    });
  return {
    step: stored.step,
    parameters: section('parameters', 1),
    average: { updates: stored.averageUpdates, values: section('average', 1) },
    optimizer: { ...stored.optimizer, moments: section('moments', 2) },
    random: stored.random,
  };
}

function parseState(text: string | undefined, path: string): StoredState {
  try {
    const state = JSON.parse(text ?? '') as StoredState;
    if (Number.isSafeInteger(state.step)) return state;
  } catch {
    // Reported below, like any other unusable state.
  }
  throw new WeightspringError(
    'data-corrupt',
    `${path} holds no training state; delete it to start over`,
  );
}
