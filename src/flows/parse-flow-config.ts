import { WeightspringError } from '../errors.js';
import { parseJson } from '../files/parse-json.js';
import { parseWith } from '../files/schema-problem.js';
import { flowConfigSchema, type FlowConfig } from './flow-config.js';
import { inconsistencies } from './flow-consistency.js';

const consistentConfig = flowConfigSchema.superRefine((config, context) => {
  // Refinements run even if fields are out of bounds: a billion hidden layers would be laid out.
  if (context.issues.length > 0) return;
  const [issue] = inconsistencies(config);
  if (issue !== undefined) context.addIssue({ code: 'custom', ...issue });
});

/**
 * Reads the text of a `config.json`.
 *
 * @param path - for messages
 * @throws WeightspringError `data-corrupt`, naming the field at fault
 */
export function parseFlowConfig(text: string, path: string): FlowConfig {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new WeightspringError('data-corrupt', `${path} ${cause.message}`, { cause });
  }
  return parseWith(consistentConfig, json, 'all of it', ({ field, reason }) => {
    return new WeightspringError('data-corrupt', `${path}, field '${field}': ${reason}`);
  });
}
