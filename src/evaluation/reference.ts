import { z } from 'zod';
import { architectureKey, type Architecture } from '../network/architecture.js';
import { architectureWith } from '../network/grammar.js';
import { ensure, WeightspringError } from '../errors.js';
import { parseJson } from '../files/parse-json.js';
import { parseWith } from '../files/schema-problem.js';
import { errorSetBytes, type ErrorSet } from '../zoo/error-set.js';
import { decodeErrorSets } from './error-sets.js';
import { MANY_ROWS } from './measured-rows.js';
import { mean } from './population-metrics.js';

const rate = z.number().min(0).max(1);

const baselineSchema = z
  .object({
    members: z.int().min(2),
    draws: z.int().min(1),
    accuracy: rate,
    maxErrorIoU: rate,
    novelAndAccurate: rate,
  })
  .readonly()
  .nullable();

const architectureSchema = architectureWith(
  {
    /** Final networks; their metrics are those on the test part. */
    runs: z.int().min(1),
    accuracy: z.object({ mean: rate, std: z.number().min(0), min: rate }).readonly(),
    /** In nats. */
    crossEntropy: z.object({ mean: z.number().min(0) }).readonly(),
    ece: z.object({ mean: rate }).readonly(),
    /**
     * Of the measured rows those that each run gets wrong: see {@link encodeErrorSets}; in files
     * from before base64 of the bit set of each.
     */
    errorSets: z.union([z.base64(), z.array(z.base64()).readonly()]),
    /**
     * Mean over the runs of the largest intersection-over-union with any other final network of the
     * zoo, of whatever architecture; null where there is no other.
     */
    independentMaxErrorIoU: rate.nullable(),
    /** Part of the runs, as for samples; null where there is no other network. */
    independentNovelAndAccurate: rate.nullable(),
    /** Null where there are too few runs. */
    baselines: z.object({ interpolation: baselineSchema, soup: baselineSchema }).readonly(),
  },
  { isStrict: false },
).readonly();

const referenceSchema = z
  .object({
    /** 1: error sets over all rows, also of a data set of many. */
    formatVersion: z.union([z.literal(1), z.literal(2)]),
    task: z.string(),
    /** SHA-256 of the data set's features and labels, hexadecimal. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    rows: z.int().min(1),
    split: z
      .object({
        seed: z.int().min(0),
        validationFraction: rate,
        testFraction: rate,
      })
      .readonly(),
    architectures: z.array(architectureSchema).min(1).readonly(),
  })
  .readonly();

/** What evaluation needs to know of a zoo, so that it works without it: `reference.json`. */
export type FlowReference = z.infer<typeof referenceSchema>;

/** The final networks of one architecture of a zoo. */
export type ReferenceArchitecture = FlowReference['architectures'][number];

/**
 * Reads the text of a `reference.json`.
 *
 * @throws WeightspringError `data-corrupt`, naming the field at fault
 */
export function parseReference(text: string): FlowReference {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw corrupt(`it ${cause.message}`, cause);
  }
  const reference = parseWith(referenceSchema, json, 'all of it', ({ field, reason }) =>
    corrupt(`'${field}': ${reason}`),
  );
  ensure(
    reference.formatVersion === 2 || reference.rows <= MANY_ROWS,
    'data-corrupt',
    () =>
      `a flow's reference cannot be used: it compares networks on all ${reference.rows} rows of the ` +
      'data set, as earlier releases did; train the flow again',
  );
  const bytes = errorSetBytes(reference.rows);
  for (const arch of reference.architectures) {
    const sets = errorSetsOf(arch, reference);
    ensure(
      sets.length === arch.runs && sets.every(({ length }) => length === bytes),
      'data-corrupt',
      () =>
        `a flow's reference cannot be used: expected ${arch.runs} error sets of ${bytes} bytes for ` +
        `${architectureKey(arch)}; take an undamaged copy or train the flow again`,
    );
  }
  return reference;
}

/** The entry of an architecture, or undefined where the zoo has none of it. */
export function findArchitecture(
  reference: FlowReference,
  arch: Architecture,
): ReferenceArchitecture | undefined {
  return reference.architectures.find((known) => architectureKey(known) === architectureKey(arch));
}

/** The error sets of all final networks of the zoo. */
export function zooErrorSets(reference: FlowReference): readonly ErrorSet[] {
  return reference.architectures.flatMap((arch) => errorSetsOf(arch, reference));
}

/** The error sets of the final networks of one architecture of a reference. */
export function errorSetsOf(
  { errorSets, runs }: Pick<ReferenceArchitecture, 'errorSets' | 'runs'>,
  { rows }: Pick<FlowReference, 'rows'>,
): readonly ErrorSet[] {
  return typeof errorSets === 'string'
    ? decodeErrorSets(errorSets, runs, rows)
    : errorSets.map((text) => Uint8Array.from(Buffer.from(text, 'base64')));
}

/** Mean over all final networks of the zoo; null where there is only one. */
export function zooIndependentErrorIoU({ architectures }: FlowReference): number | null {
  const overlaps = architectures.flatMap(({ runs, independentMaxErrorIoU }) =>
    independentMaxErrorIoU === null ? [] : Array<number>(runs).fill(independentMaxErrorIoU),
  );
  return overlaps.length === 0 ? null : mean(overlaps);
}

function corrupt(problem: string, cause?: unknown): WeightspringError {
  return new WeightspringError(
    'data-corrupt',
    `a flow's reference cannot be read: ${problem}; take an undamaged copy or train the flow again`,
    { cause },
  );
}
