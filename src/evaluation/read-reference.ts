import { join } from 'node:path';
import { readText } from '../files/read-file.js';
import { flowFolder } from '../flows/flow-folder.js';
import { FLOW_FILES } from '../flows/flow-store.js';
import type { ModelsDir } from '../flows/models-dir.js';
import { parseReference, type FlowReference } from './reference.js';

/**
 * The reference of a stored flow.
 *
 * @throws WeightspringError `not-found` without one, `data-corrupt` for a damaged one
 */
export async function readReference(modelsDir: ModelsDir, flow: string): Promise<FlowReference> {
  const path = join(await flowFolder(modelsDir, flow), FLOW_FILES.reference);
  return parseReference(
    await readText(path, {
      what: "a flow's reference",
      missing: { code: 'not-found', advice: "take the flow's whole folder, or train it again" },
    }),
  );
}
