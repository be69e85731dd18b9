import { z } from 'zod';
import { WeightspringError } from '../errors.js';
import { parseJson } from '../files/parse-json.js';

const rate = z.number().min(0).max(1);

const figureSchema = z.strictObject({
  layers: z.array(z.int().min(1)).min(2),
  solver: z.string(),
  steps: z.int().min(1),
  samples: z.int().min(1),
  accuracy: z.strictObject({ mean: rate, min: rate }),
  crossEntropy: z.number(),
  /** Mean accuracy of trained networks of the same architecture. */
  trainedAccuracy: rate.nullable(),
});

/** The file `figures.json` of a stored flow, written with its card. */
const figuresSchema = z.array(figureSchema);

/** How generated networks of one architecture did on the test part of the flow's split. */
export type FlowFigure = z.infer<typeof figureSchema>;

/**
 * Reads the text of a `figures.json`.
 *
 * @param path - for messages
 * @throws WeightspringError `data-corrupt`
 */
export function parseFlowFigures(text: string, path: string): readonly FlowFigure[] {
  try {
    return figuresSchema.parse(parseJson(text));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : 'does not hold figures of a card';
    throw new WeightspringError('data-corrupt', `${path} ${reason}`, { cause });
  }
}
