import { z } from 'zod';
import {
  GUIDANCE_FORMS,
  GUIDANCE_SCHEDULES,
  MAX_GRADIENTS,
  MAX_ROWS_PER_STEP,
  MAX_STRENGTH,
} from '../src/index.js';

/** Most labelled rows of one request. */
const MAX_ROWS = 10_000;

/** How labelled rows guide. */
export const guideSettings = {
  form: z
    .enum(GUIDANCE_FORMS)
    .describe(
      'Where the gradient is taken. end-point: at the network that the flow predicts, which moves ' +
        'before the flow steps towards it. through-network: the same loss by the point of the path, ' +
        'through the velocity network. current-point: at the point of the path. descent: several ' +
        'gradients a step by Adam from the predicted network, going on from step to step.',
    ),
  schedule: z
    .enum(GUIDANCE_SCHEDULES)
    .describe('The strength at time t: constant, linear (t), quadratic (t²), falling (1 − t).'),
  strength: z
    .number()
    .min(0)
    .max(MAX_STRENGTH)
    .describe(
      'By how much of the gradient coordinates move, or the rate of a descent; 0 for no guidance.',
    ),
  gradients: z
    .int()
    .min(1)
    .max(MAX_GRADIENTS)
    .describe('Gradients of a step; more than 1 only of the form descent.'),
  rowsPerStep: z
    .int()
    .min(1)
    .max(MAX_ROWS_PER_STEP)
    .describe('Most rows of a step; where there are more, steps take turns in parts of them.'),
};

/** Labelled rows that networks are to fit. Rows are checked against the flow when they are read. */
export const guideRequestSchema = z
  .strictObject({
    rows: z
      .array(z.unknown())
      .min(1)
      .max(MAX_ROWS)
      .optional()
      .describe(
        'Rows of raw features: objects with the columns of the flow’s data set and that of the labels, ' +
          'or lists of numbers in the order of featureNames, with labels beside them.',
      ),
    labels: z
      .array(z.unknown())
      .optional()
      .describe(
        'For rows that are lists: a class for each, as classNames has it, or its number from 0 where ' +
          'these are words.',
      ),
    csv: z
      .string()
      .min(1)
      .optional()
      .describe('The rows as text instead, CSV or TSV with a line of names.'),
    target: z
      .string()
      .optional()
      .describe(
        'Column of the labels. Default: that of the flow’s data set, or class, label, target or y.',
      ),
    form: guideSettings.form.optional(),
    schedule: guideSettings.schedule.optional(),
    strength: guideSettings.strength.optional(),
    gradients: guideSettings.gradients.optional(),
    rowsPerStep: guideSettings.rowsPerStep.optional(),
  })
  .refine(({ rows, csv }) => (rows === undefined) !== (csv === undefined), {
    path: ['rows'],
    error: 'expected either rows or csv',
  })
  .refine(({ labels, csv }) => labels === undefined || csv === undefined, {
    path: ['labels'],
    error: 'text has its labels in a column: leave labels out',
  });
export type GuideRequest = z.output<typeof guideRequestSchema>;

/** Fields of a request that may be longer than others, and bound themselves. */
export const LONG_FIELDS = ['guide.rows', 'guide.labels'];
