import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WeightspringError } from './errors.js';

/** The folder of this package's `package.json`, wherever the compiled files lie below it. */
export const PACKAGE_ROOT = findRoot(path.dirname(fileURLToPath(import.meta.url)));

/** The models that come with the package. */
export const DEFAULT_MODELS_DIR = path.join(PACKAGE_ROOT, 'models');

/** What generated files name as their producer. */
export const PACKAGE_NAME = 'weightspring';

/** The release, as in `package.json`. */
export const VERSION = readVersion(path.join(PACKAGE_ROOT, 'package.json'));

function findRoot(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) {
    throw new WeightspringError('internal', 'the installation has lost its package.json');
  }
  return findRoot(parent);
}

function readVersion(file: string): string {
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
    const { version } = manifest;
    if (typeof version === 'string') return version;
  }
  throw new WeightspringError('internal', `${file} has no version`);
}
