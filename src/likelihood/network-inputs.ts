import { architectureName, type Architecture } from '../network/architecture.js';
import { architectureFields } from '../network/architecture-fields.js';
import { networkOf } from '../network/network.js';
import { ensure, WeightspringError } from '../errors.js';
import { INPUT_SCALINGS } from '../formats/network-format.js';
import { foldInputScaling, unfoldInputScaling } from '../formats/input-scaling.js';
import type { Standardisation } from '../data/standardisation.js';
import type { Network } from './prepared-network.js';

/** What the first layer of a network takes: raw features, or features standardised by something. */
export type NetworkInputs = 'raw' | Standardisation;

/** A network as a file holds it. */
export interface StoredNetwork extends Network {
  readonly weights: Float32Array;
  readonly takes: NetworkInputs;
}

/**
 * What a network takes whose file tells it, in the metadata that `sample` writes.
 *
 * @returns undefined where it does not tell
 * @throws WeightspringError `data-corrupt` for a word that is not known, or a standardisation that
 *   is not told
 */
export function declaredInputs(
  metadata: Readonly<Record<string, string>>,
  arch: Architecture,
): NetworkInputs | undefined {
  const { inputScaling } = metadata;
  if (inputScaling === undefined) return undefined;
  if (inputScaling === 'folded') return 'raw';
  ensure(
    inputScaling === 'separate',
    'data-corrupt',
    () =>
      `expected ${INPUT_SCALINGS.join(' or ')} as inputScaling in its metadata, ` +
      `got '${inputScaling.slice(0, 100)}'`,
  );
  const { inputs: features } = networkOf(arch);
  return {
    mean: declaredNumbers(metadata, 'inputMean', features),
    scale: declaredNumbers(metadata, 'inputScale', features, Number.MIN_VALUE),
  };
}

function declaredNumbers(
  metadata: Readonly<Record<string, string>>,
  key: string,
  count: number,
  min = -Infinity,
): readonly number[] {
  const text = metadata[key] ?? '';
  try {
    const values: unknown = JSON.parse(text);
    if (Array.isArray(values) && values.length === count && values.every(isNumberFrom(min))) {
      return values;
    }
  } catch {
    // Reported below, like any other text that is not a list of numbers.
  }
  throw new WeightspringError(
    'data-corrupt',
    `its metadata say that its features are to be standardised (inputScaling separate): expected ` +
      `${count} ${min > 0 ? 'positive numbers' : 'numbers'} as ${key} there, got ` +
      (text === '' ? 'none' : text.slice(0, 100)),
  );
}

function isNumberFrom(min: number): (value: unknown) => value is number {
  return (value): value is number => Number.isFinite(value) && (value as number) >= min;
}

/**
 * The network that computes the same function of raw features from features standardised as the
 * flow's are. Weights that are already of that kind stay as they are, to the last bit.
 *
 * @param standardisation - the flow's
 * @throws WeightspringError `unsupported-architecture` for another number of features
 */
export function networkForFlow(
  { architecture, weights, takes }: StoredNetwork,
  standardisation: Standardisation,
): Network {
  const features = standardisation.mean.length;
  ensure(
    networkOf(architecture).inputs === features,
    'unsupported-architecture',
    () => `the flow models networks of ${features} inputs, got ${architectureName(architecture)}`,
    architectureFields(architecture).input,
  );
  if (takes !== 'raw' && isSame(takes, standardisation)) return { architecture, weights };
  const raw = takes === 'raw' ? weights : foldInputScaling(architecture, weights, takes);
  return { architecture, weights: unfoldInputScaling(architecture, raw, standardisation) };
}

/** As float32, which is what an ONNX graph keeps of either. */
function isSame(a: Standardisation, b: Standardisation): boolean {
  const agree = (these: readonly number[], those: readonly number[]): boolean =>
    these.every((value, i) => Math.fround(value) === Math.fround(those[i] as number));
  return agree(a.mean, b.mean) && agree(a.scale, b.scale);
}
