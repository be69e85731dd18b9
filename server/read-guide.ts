import {
  completeGuide,
  labelledTable,
  tableOfJson,
  tableOfText,
  WeightspringError,
  type FlowSummary,
  type Guide,
} from '../src/index.js';
import type { GuideRequest } from './guide-schema.js';

/** Most numbers of a guide's rows: what is waiting to be drawn holds them in memory. */
const MAX_NUMBERS = 2 ** 21;

/**
 * The labelled rows of a request, read by the names of the flow's features and classes.
 *
 * @throws WeightspringError `invalid-argument` or `too-large`, naming the field, and row and column
 */
export async function readGuide(request: GuideRequest, flow: FlowSummary): Promise<Guide> {
  const { rows, labels, csv, target } = request;
  const field = csv === undefined ? 'guide.rows' : 'guide.csv';
  try {
    const table =
      csv === undefined
        ? tableOfJson(field, labels === undefined ? rows : { X: rows, y: labels })
        : await tableOfText(field, [csv], { target });
    const known = { ...flow, mostNumbers: MAX_NUMBERS };
    return completeGuide(labelledTable(table, known, target), request);
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    // The rows came with the request, so whatever is wrong with them is the caller's fault.
    const code = error.code === 'too-large' ? 'too-large' : 'invalid-argument';
    throw new WeightspringError(code, error.message, { field, cause: error });
  }
}
