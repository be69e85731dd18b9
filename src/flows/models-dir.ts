import { resolve } from 'node:path';
import { ensure } from '../errors.js';

/** A folder of flows, or several. Of flows of one name, that of the first folder counts. */
export type ModelsDir = string | readonly string[];

/**
 * The folders one by one, each once.
 *
 * @throws WeightspringError `invalid-argument` for none, or an empty name
 */
export function modelsFolders(modelsDir: ModelsDir): readonly string[] {
  const folders = typeof modelsDir === 'string' ? [modelsDir] : modelsDir;
  ensure(
    folders.length > 0 && !folders.includes(''),
    'invalid-argument',
    () => `expected folders of flows, got ${JSON.stringify(modelsDir)}`,
    'modelsDir',
  );
  return [...new Map(folders.map((folder) => [resolve(folder), folder])).values()];
}

/** As messages name them: `'models', 'runs/models'`. */
export function quoteModelsDir(modelsDir: ModelsDir): string {
  return modelsFolders(modelsDir)
    .map((folder) => `'${folder}'`)
    .join(', ');
}
