import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WeightspringError } from '../errors.js';
import { FLOW_FILES, listFlows } from '../sampling/flow-store.js';
import { parseReference, type FlowReference } from './reference.js';

/**
 * The reference of a stored flow.
 *
 * @throws WeightspringError `not-found` without one, `data-corrupt` for a damaged one
 */
export async function readReference(modelsDir: string, flow: string): Promise<FlowReference> {
  const folder = (await listFlows(modelsDir)).get(flow);
  const path = join(folder ?? join(modelsDir, flow), FLOW_FILES.reference);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new WeightspringError('not-found', `expected ${path}: ${String(cause)}`, { cause });
  }
  return parseReference(text);
}
