import type { z } from 'zod';
import { ensure, WeightspringError } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { readBytesIfPresent } from '../files/read-file.js';
import type { NamedTensor, TensorFile } from '../files/safetensors.js';
import { decodeSealedSafetensors, encodeSealedSafetensors } from '../files/sealed-safetensors.js';
import { formatShape, sameShape } from '../onnx/dim.js';
import type { ParameterSpec } from '../ops/tensor-ops.js';

/** Tensors and a JSON value: what a run keeps in one file to continue from. */
export interface SealedState<T> {
  readonly tensors: TensorFile['tensors'];
  readonly state: T;
}

type Spec = Pick<ParameterSpec, 'name' | 'shape'>;

/** Writes a state; the previous one stays until this one is complete. */
export async function writeSealedState(
  path: string,
  tensors: readonly NamedTensor[],
  state: unknown,
): Promise<void> {
  await writeFileAtomic(path, encodeSealedSafetensors(tensors, { state: JSON.stringify(state) }));
}

/**
 * Reads a state, or null where there is none yet.
 *
 * @throws WeightspringError `data-corrupt` for a damaged file, or one of another release
 */
export async function readSealedState<T>(
  path: string,
  schema: z.ZodType<T>,
): Promise<SealedState<T> | null> {
  const bytes = await readBytesIfPresent(path, { what: 'the checkpoint of a run' });
  if (bytes === null) return null;
  const { tensors, metadata } = openSealed(bytes, path);
  return { tensors, state: parseState(metadata.state, schema, path) };
}

/** Names the values of some groups of tensors, each with one tensor per spec: `moments1.weight`. */
export function nameSection(
  prefix: string,
  specs: readonly Spec[],
  values: readonly Float32Array[],
): readonly NamedTensor[] {
  return values.map((data, index) => {
    const { name, shape } = specs[index % specs.length] as Spec;
    return { name: `${prefix}${Math.floor(index / specs.length)}.${name}`, shape, data };
  });
}

/**
 * The values that {@link nameSection} named.
 *
 * @param path - of the file, for the message
 * @throws WeightspringError `data-corrupt` where one is missing or has another shape
 */
export function readSection(
  tensors: TensorFile['tensors'],
  prefix: string,
  specs: readonly Spec[],
  groups: number,
  path: string,
): readonly Float32Array[] {
  return Array.from({ length: groups * specs.length }, (_, index) => {
    const spec = specs[index % specs.length] as Spec;
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
}

/** Names the file in what is wrong with it, and says what to do. */
function openSealed(bytes: Uint8Array, path: string): TensorFile {
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

function parseState<T>(text: string | undefined, schema: z.ZodType<T>, path: string): T {
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
  const parsed = schema.safeParse(state);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new WeightspringError(
    'data-corrupt',
    `${path}, state '${issue?.path.map(String).join('.') ?? ''}': ${issue?.message ?? 'invalid'}; ` +
      'delete the file to start over',
  );
}
