import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ensure, WeightspringError } from '../errors.js';
import { accessFile } from '../files/file-error.js';
import type { RefusedFlow } from './flow-catalogue.js';
import { FLOW_NAME_RULE, isFlowName } from './flow-name.js';
import { FLOW_FILES, openFlow, type OpenedFlow } from './flow-store.js';
import { modelsFolders, quoteModelsDir, type ModelsDir } from './models-dir.js';

/** The flows of models folders, and the entries that are not served. */
export interface OpenedFolder {
  readonly flows: readonly OpenedFlow[];
  readonly refused: readonly RefusedFlow[];
}

/** Longest reason shown, in characters. */
const MAX_REASON = 300;
/** Why a flow is not served whose name one of an earlier folder has. */
const HIDDEN = 'a models folder that is listed earlier has a flow of this name, which is used';

/**
 * Opens every flow of one or several models folders. One that cannot be served is refused by name
 * and reason, without affecting the others; so is one whose name a flow of an earlier folder has,
 * even if that one cannot be served.
 *
 * @throws WeightspringError `not-found` for a folder that cannot be read
 */
export async function openFlows(modelsDir: ModelsDir): Promise<OpenedFolder> {
  const flows: OpenedFlow[] = [];
  const refused: RefusedFlow[] = [];
  const names = new Set<string>();
  for (const { name, folder } of await listAll(modelsDir)) {
    try {
      ensure(!names.has(name), 'data-corrupt', () => HIDDEN);
      names.add(name);
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
 * provide files this way. Hidden entries and files are not flows. Of one name in several folders,
 * the first counts.
 *
 * @throws WeightspringError `not-found` for a folder that cannot be read
 */
export async function listFlows(modelsDir: ModelsDir): Promise<ReadonlyMap<string, string>> {
  const flows = new Map<string, string>();
  for (const { name, folder } of await listAll(modelsDir)) {
    if (!flows.has(name)) flows.set(name, folder);
  }
  return flows;
}

/**
 * The folder of the flow of a name.
 *
 * @throws WeightspringError `not-found` if no folder has one, or for a folder that cannot be read
 */
export async function flowFolder(modelsDir: ModelsDir, name: string): Promise<string> {
  const folder = (await listFlows(modelsDir)).get(name);
  if (folder !== undefined) return folder;
  const message = `there is no flow '${name}' in ${quoteModelsDir(modelsDir)}`;
  throw new WeightspringError('not-found', message, { field: 'flow' });
}

/** What is meant to be a flow. */
interface FlowEntry {
  readonly name: string;
  readonly folder: string;
}

async function listAll(modelsDir: ModelsDir): Promise<readonly FlowEntry[]> {
  const all: FlowEntry[] = [];
  for (const folder of modelsFolders(modelsDir)) all.push(...(await listFolder(folder)));
  return all;
}

async function listFolder(modelsDir: string): Promise<readonly FlowEntry[]> {
  const entries = await accessFile(
    {
      action: 'read',
      path: modelsDir,
      what: 'a folder of flows',
      missing: { code: 'not-found', advice: 'pass --models-dir' },
    },
    () => readdir(modelsDir, { withFileTypes: true }),
  );
  const flows: FlowEntry[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || !(entry.isDirectory() || entry.isSymbolicLink())) continue;
    const folder = join(modelsDir, entry.name);
    if (await mayBeFlow(folder)) flows.push({ name: entry.name, folder });
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
