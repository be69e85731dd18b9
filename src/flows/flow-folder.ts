import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ensure } from '../errors.js';
import { accessFile } from '../files/file-error.js';
import type { RefusedFlow } from './flow-catalogue.js';
import { FLOW_NAME_RULE, isFlowName } from './flow-name.js';
import { FLOW_FILES, openFlow, type OpenedFlow } from './flow-store.js';

/** The flows of a models folder, and the entries that are not flows. */
export interface OpenedFolder {
  readonly flows: readonly OpenedFlow[];
  readonly refused: readonly RefusedFlow[];
}

/** Longest reason shown, in characters. */
const MAX_REASON = 300;

/**
 * Opens every flow of a models folder. One that cannot be served is refused by name and reason,
 * without affecting the others.
 *
 * @throws WeightspringError `not-found` for a folder that cannot be read
 */
export async function openFlows(modelsDir: string): Promise<OpenedFolder> {
  const flows: OpenedFlow[] = [];
  const refused: RefusedFlow[] = [];
  for (const [name, folder] of await listFlows(modelsDir)) {
    try {
      flows.push(await openFlowOf(name, folder));
    } catch (error) {
      refused.push({ name: printable(name), reason: reasonOf(error, folder) });
    }
  }
  return { flows, refused };
}

/**
 * The folders in `modelsDir` that are meant to be flows, by name: those with a `config.json` or a
 * `flow.onnx`, and unreadable ones. Links to folders count, wherever they lead: container volumes
 * provide files this way. Hidden entries and files are not flows.
 *
 * @throws WeightspringError `not-found` for a folder that cannot be read
 */
export async function listFlows(modelsDir: string): Promise<ReadonlyMap<string, string>> {
  const entries = await accessFile(
    {
      action: 'read',
      path: modelsDir,
      what: 'a folder of flows',
      missing: { code: 'not-found', advice: 'pass --models-dir' },
    },
    () => readdir(modelsDir, { withFileTypes: true }),
  );
  const flows = new Map<string, string>();
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || !(entry.isDirectory() || entry.isSymbolicLink())) continue;
    const folder = join(modelsDir, entry.name);
    if (await mayBeFlow(folder)) flows.set(entry.name, folder);
  }
  return flows;
}

async function mayBeFlow(folder: string): Promise<boolean> {
  try {
    if (!(await stat(folder)).isDirectory()) return false;
    const names = await readdir(folder);
    return names.includes(FLOW_FILES.config) || names.includes(FLOW_FILES.model);
  } catch {
    // Opening it will say why.
    return true;
  }
}

async function openFlowOf(name: string, folder: string): Promise<OpenedFlow> {
  await accessFile({ action: 'read', path: folder, what: 'a folder or a link to one' }, () =>
    stat(folder),
  );
  ensure(isFlowName(name), 'data-corrupt', () => `expected a folder name of ${FLOW_NAME_RULE}`);
  return openFlow(folder);
}

/** On one line, without the path of the folder, which clients need not know. */
function reasonOf(error: unknown, folder: string): string {
  const reason = error instanceof Error ? error.message : String(error);
  const here = reason.replaceAll(join(folder, '/'), '').replaceAll(folder, basename(folder));
  return printable(here).slice(0, MAX_REASON);
}

/** Untrusted text made safe for logs and terminals. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ');
}
