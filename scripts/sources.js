import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath, URL } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const DIST = join(ROOT, 'dist');
/** The digest of the sources that dist/ was built from. */
export const STAMP = join(DIST, 'sources.sha256');
/** What tsconfig.build.json includes. */
export const SOURCE_FOLDERS = ['bench', 'server', 'src'];
/** What else decides the result of a build. */
const SETTINGS = ['package.json', 'scripts/build.js', 'tsconfig.build.json', 'tsconfig.json'];

/** Digest of all that a build is made of: by content, since a checkout sets times as it likes. */
export function sourcesDigest() {
  const hash = createHash('sha256');
  const sources = SOURCE_FOLDERS.flatMap((folder) => filesBelow(join(ROOT, folder)));
  for (const file of [...SETTINGS.map((name) => join(ROOT, name)), ...sources]) {
    const name = relative(ROOT, file).split(sep).join('/');
    hash.update(`${name}\0`).update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** Whether dist/ was built from the sources as they are now. */
export function isBuilt() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8').trim() === sourcesDigest();
}

/** Every file in a folder and the folders in it, in one order on every machine. */
export function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { encoding: 'utf8', recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}
