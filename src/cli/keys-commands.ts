import { InvalidArgumentError, Option, type Command } from 'commander';
import { z } from 'zod';
import { ensure } from '../errors.js';
import { API_KEY_SCOPES, apiKeyDigest, newApiKey, type ApiKeyScope } from '../keys/api-key.js';
import { changeKeyFile, readKeyFile } from '../keys/key-file.js';
import { keyNameSchema, keyState, MAX_KEY_LIMIT, type KeyRecord } from '../keys/key-record.js';
import { integerParser, jsonOption, parsePath } from './options.js';
import { printResult, say } from './output.js';

interface FileFlags {
  readonly keysFile: string;
  readonly json?: true;
}

interface CreateFlags extends FileFlags {
  readonly name: string;
  readonly scope: readonly ApiKeyScope[];
  readonly expires?: string;
  readonly requestsPerMinute?: number;
  readonly outstanding?: number;
  readonly networksPerDay?: number;
}

/** `weightspring keys create|list|revoke`. */
export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description('API keys of the service');
  const withFile = (command: Command): Command =>
    command
      .addOption(
        new Option('--keys-file <file>', 'file of the keys, as serve takes it')
          .env('WEIGHTSPRING_KEYS_FILE')
          .argParser(parsePath)
          .makeOptionMandatory(),
      )
      .addOption(jsonOption());
  const limit = integerParser(1, MAX_KEY_LIMIT);
  withFile(keys.command('create'))
    .description('make a key and print it, this once: the file has only its digest')
    .requiredOption('--name <text>', 'whose key it is', parseName)
    .addOption(
      new Option('--scope <name...>', 'what it allows, beside reading')
        .choices(API_KEY_SCOPES)
        .makeOptionMandatory(),
    )
    .option('--expires <time>', 'from when on it is refused: 2027-01-31, or 90d', parseExpiry)
    .option('--requests-per-minute <integer>', "default: the service's", limit)
    .option(
      '--outstanding <integer>',
      "requests for networks at a time; default: the service's",
      limit,
    )
    .option(
      '--networks-per-day <integer>',
      'networks generated per UTC day; default: any number',
      limit,
    )
    .action(create);
  withFile(keys.command('list')).description('the keys, without the keys themselves').action(list);
  withFile(keys.command('revoke <id>'))
    .description('refuse a key from now on, in running services too')
    .action(revoke);
}

async function create({ keysFile, json, name, scope, ...limits }: CreateFlags): Promise<void> {
  const { id, key } = newApiKey();
  const scopes = API_KEY_SCOPES.filter((known) => scope.includes(known));
  const { expires, requestsPerMinute, outstanding, networksPerDay } = limits;
  const record: KeyRecord = {
    id,
    name,
    sha256: apiKeyDigest(key).toString('hex'),
    scopes,
    created: new Date().toISOString(),
    ...{ expires, requestsPerMinute, outstanding, networksPerDay },
  };
  await changeKeyFile(keysFile, (keys) => [...keys, record]);
  if (json !== true) say(`key ${id} of ${name} for ${scopes.join(', ')}; it is not shown again:`);
  printResult({ ...told(record), key }, json === true, () => key);
}

async function list({ keysFile, json }: FileFlags): Promise<void> {
  const now = Date.now();
  const keys = await readKeyFile(keysFile);
  const shown = keys.map((key) => ({ ...told(key), state: keyState(key, now) }));
  printResult({ keys: shown }, json === true, () => ({
    columns: ['id', 'name', 'scopes', 'state', 'created', 'expires'].map((header) => ({ header })),
    rows: shown.map(({ id, name, scopes, state, created, expires = null }) => [
      id,
      name,
      scopes.join(', '),
      state,
      created,
      expires,
    ]),
  }));
}

async function revoke(id: string, { keysFile, json }: FileFlags): Promise<void> {
  // Before a lock is made beside a file that is not there.
  await readKeyFile(keysFile);
  await changeKeyFile(keysFile, (keys) => {
    ensure(
      keys.some((key) => key.id === id),
      'not-found',
      () => `${keysFile} has no key of the id '${id}': weightspring keys list shows them`,
      'id',
    );
    // One that is revoked already keeps its time.
    const revoked = new Date().toISOString();
    return keys.map((key) => (key.id === id ? { revoked, ...key } : key));
  });
  printResult({ id, state: 'revoked' }, json === true, () => `${id} is revoked`);
}

/** What may be shown of a key. */
function told(record: KeyRecord): Omit<KeyRecord, 'sha256'> {
  // JSON omits undefined fields.
  const shown = { ...record, sha256: undefined };
  return shown;
}

function parseName(text: string): string {
  if (keyNameSchema.safeParse(text).success) return text;
  throw new InvalidArgumentError('expected 1 to 100 characters that can be printed');
}

const DAY_MS = 86_400_000;
const timeSchema = z.union([z.iso.date(), z.iso.datetime()]);

/** A time as ISO 8601: of a date, or some days from now. */
function parseExpiry(text: string): string {
  const days = /^([1-9]\d{0,4})d$/.exec(text)?.[1];
  const isTime = timeSchema.safeParse(text).success;
  const ms =
    days === undefined ? Date.parse(isTime ? text : '') : Date.now() + Number(days) * DAY_MS;
  if (ms > Date.now()) return new Date(ms).toISOString();
  throw new InvalidArgumentError(
    `expected a time to come, as 2027-01-31, 2027-01-31T12:00:00Z or 90d, got '${text}'`,
  );
}
