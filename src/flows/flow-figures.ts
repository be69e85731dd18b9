import { z } from 'zod';
import { ACTIVATIONS, type Architecture } from '../network/architecture.js';
import { architectureWith } from '../network/grammar.js';
import { WeightspringError } from '../errors.js';
import { parseJson } from '../files/parse-json.js';
import { parseWith } from '../files/schema-problem.js';

const rate = z.number().min(0).max(1);

/**
 * Generated networks compared with trained ones on the validation part, which decides what a flow
 * serves; decision 0018.
 */
const judgementSchema = z
  .strictObject({
    /** Rows of the validation part. */
    rows: z.int().min(1),
    /** Accuracy of always guessing the most common class. */
    guessing: rate,
    trained: z.strictObject({ runs: z.int().min(1), accuracy: rate }).readonly(),
    /**
     * Mean over the generated networks of `(accuracy − guessing) / (trained − guessing)`: 1 if
     * they are as good as trained ones, 0 if as good as the guess.
     */
    skill: z.number(),
    /** Fraction of the generated networks with a skill below ½. */
    broken: rate,
  })
  .readonly();

export type Judgement = z.infer<typeof judgementSchema>;

const figureSchema = architectureWith(
  {
    solver: z.string(),
    steps: z.int().min(1),
    samples: z.int().min(1),
    accuracy: z.strictObject({ mean: rate, min: rate }).readonly(),
    crossEntropy: z.number(),
    /** Mean accuracy of trained networks of the same architecture. */
    trainedAccuracy: rate.nullable(),
    /**
     * Median of the novelty ratios of the generated networks; null where the zoo has no run of the
     * architecture, absent from cards that did not measure it.
     */
    noveltyMedianRatio: z.number().min(0).nullable().optional(),
    /** Null if there was nothing to compare with. */
    judgement: judgementSchema.nullable().default(null),
  },
  // Old figures do not name the activation.
  { activation: z.enum(ACTIVATIONS).default('relu') },
).readonly();

/** Of files with nulls, novelty and diversity; those before were the figures alone. */
const FORMAT_VERSION = 2;

/** The file `figures.json` of a stored flow, written with its card. */
const cardSchema = z.union([
  z
    .array(figureSchema)
    .readonly()
    .transform((figures) => ({ figures, scrutinies: [] })),
  z
    .strictObject({
      formatVersion: z.literal(FORMAT_VERSION),
      figures: z.array(figureSchema).readonly(),
      /** For readers: nothing is served by them. */
      scrutinies: z.array(z.record(z.string(), z.unknown())).readonly(),
    })
    .transform(({ figures, scrutinies }) => ({ figures, scrutinies })),
]);

/** Figures of generated networks of one architecture; accuracies are on the test part. */
export type FlowFigure = z.infer<typeof figureSchema>;

/** What the card of a flow holds for programs. */
export interface FlowCard {
  readonly figures: readonly FlowFigure[];
  /** By architecture and steps what else was measured; none in cards of early releases. */
  readonly scrutinies: readonly Readonly<Record<string, unknown>>[];
}

/** Thresholds that generated networks must meet to be served. */
export const SERVED_BAR = { skill: 0.8, broken: 1 / 64, worth: 0.5 } as const;

/**
 * Whether the networks of a figure were measured to fail, by {@link SERVED_BAR}: their mean skill,
 * the fraction of broken ones, or their worth, which is
 * `(accuracy − guessing) / (best − guessing)` with the mean accuracy of the samples and that of the
 * best trained networks among all figures. Where trained networks fail themselves, skill alone
 * would pass anything.
 *
 * @param all - the figures of the flow, of validation parts as this one's
 */
export function hasFailed(
  { judgement }: Pick<FlowFigure, 'judgement'>,
  all: readonly Pick<FlowFigure, 'judgement'>[],
): boolean {
  if (judgement === null) return false;
  const { skill, broken, guessing, trained } = judgement;
  const best = all.reduce(
    (most, other) => Math.max(most, other.judgement?.trained.accuracy ?? 0),
    trained.accuracy,
  );
  const worth = (skill * (trained.accuracy - guessing)) / (best - guessing);
  return skill < SERVED_BAR.skill || broken > SERVED_BAR.broken || worth < SERVED_BAR.worth;
}

/**
 * The text of a `figures.json`.
 *
 * @param figures - by which the flow is served
 * @param scrutinies - what else was measured at an architecture and number of steps, for readers
 */
export function figuresText(
  figures: readonly FlowFigure[],
  scrutinies: readonly (Architecture & { readonly steps: number })[],
): string {
  return `${JSON.stringify({ formatVersion: FORMAT_VERSION, figures, scrutinies })}\n`;
}

/**
 * Reads the text of a `figures.json`, of this release or an earlier one.
 *
 * @param path - for messages
 * @throws WeightspringError `data-corrupt`
 */
export function parseFlowCard(text: string, path: string): FlowCard {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new WeightspringError('data-corrupt', `${path} ${cause.message}`, { cause });
  }
  return parseWith(cardSchema, json, 'all of it', ({ field, reason }) => {
    const problem = `does not hold figures of a card: '${field}': ${reason}`;
    return new WeightspringError('data-corrupt', `${path} ${problem}`);
  });
}
