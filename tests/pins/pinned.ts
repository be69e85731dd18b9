import { createHash } from 'node:crypto';

/** What is kept of a result. */
export interface Pinned {
  /** SHA-256 by name: the same on machines of one kind. */
  readonly digests: Readonly<Record<string, string>>;
  /** A few values by name: nearly the same on every machine. */
  readonly numbers: Readonly<Record<string, number | readonly number[]>>;
}

export function digest(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A digest of every value, and some of them: the first, the last, their mean and root mean square. */
export function pinnedValues(name: string, values: ArrayLike<number>): Pinned {
  const all = Float64Array.from(values);
  const mean = (term: (value: number) => number): number =>
    all.reduce((sum, value) => sum + term(value), 0) / all.length;
  const rms = Math.sqrt(mean((value) => value * value));
  return {
    digests: { [name]: digest(new Uint8Array(all.buffer)) },
    numbers: {
      [`count of ${name}`]: all.length,
      [name]: [all[0] ?? 0, all.at(-1) ?? 0, mean((value) => value), rms],
    },
  };
}

/**
 * A digest of all numbers of a report, and those that change smoothly with the weights: a rate
 * jumps where rounding turns one decision.
 *
 * @param smooth - what their paths end in, such as `crossEntropy`
 */
export function pinnedReport(name: string, report: unknown, smooth: RegExp): Pinned {
  const numbers = numbersIn(report, name);
  return {
    digests: { [name]: digest(JSON.stringify(numbers)) },
    numbers: Object.fromEntries(numbers.filter(([path]) => smooth.test(path))),
  };
}

function numbersIn(value: unknown, path: string): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => numbersIn(part, `${path}.${key}`));
}

/** Several pins of one result. */
export function together(...parts: readonly Pinned[]): Pinned {
  return {
    digests: Object.assign({}, ...parts.map(({ digests }) => digests)) as Pinned['digests'],
    numbers: Object.assign({}, ...parts.map(({ numbers }) => numbers)) as Pinned['numbers'],
  };
}
