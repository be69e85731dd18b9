import { ensure, WeightspringError } from '../errors.js';
import type { Standardisation } from '../data/standardisation.js';
import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';

/**
 * Which features the network of a file takes: raw ones (`folded`), or `separate`ly standardised ones,
 * `(x − mean) / scale`.
 */
export const INPUT_SCALINGS = ['folded', 'separate'] as const;
export type InputScaling = (typeof INPUT_SCALINGS)[number];

/** What the first layer of a network takes: raw features, or features standardised like this. */
export type NetworkInputs = 'raw' | Standardisation;

/**
 * What a network takes according to the metadata of its file, as `sample` writes them.
 *
 * @returns undefined if they do not say
 * @throws WeightspringError `data-corrupt` for an unknown word, or a missing standardisation
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
    `its metadata ask for standardised features (inputScaling separate): expected ` +
      `${count} ${min > 0 ? 'positive numbers' : 'numbers'} as ${key} there, got ` +
      (text === '' ? 'none' : text.slice(0, 100)),
  );
}

function isNumberFrom(min: number): (value: unknown) => value is number {
  return (value): value is number => Number.isFinite(value) && (value as number) >= min;
}
