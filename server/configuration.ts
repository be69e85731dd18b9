import { availableParallelism } from 'node:os';
import { delimiter } from 'node:path';
import { z } from 'zod';
import {
  DEFAULT_MEMORY_BYTES,
  DEFAULT_MODELS_DIR,
  DEVICE_CHOICES,
  ensure,
  parseWith,
  WeightspringError,
  type DeviceChoice,
} from '../src/index.js';

const MIB = 2 ** 20;

/** A setting: a flag of `serve` and an equivalent environment variable. */
interface Setting<T> {
  readonly description: string;
  readonly default: T;
  readonly schema: z.ZodType<T>;
  /** Its flag takes no value. */
  readonly isSwitch?: boolean;
  /** Its flag may be repeated, and its variable is a list as PATH is. */
  readonly isList?: boolean;
  /** A variable that platforms set, used if the service's own is not set. */
  readonly platformVariable?: string;
}

function folders(description: string, initial: readonly string[]): Setting<readonly string[]> {
  const schema = z
    .array(z.string())
    .min(1)
    .refine((names) => !names.includes(''), 'expected folders, got an empty name');
  return { description, default: initial, schema, isList: true };
}

/** A file or folder; none by default. */
function optionalPath(description: string): Setting<string> {
  return { description, default: '', schema: z.string().min(1) };
}

/** Origins of web pages, separated by commas: their colons rule out a list like PATH. */
function origins(description: string): Setting<readonly string[]> {
  const schema = z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .refine(
      (list) => list.every((origin) => origin === '*' || isOrigin(origin)),
      'expected * or origins such as https://example.org, separated by commas, without a path',
    );
  return { description, default: [], schema };
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** A host name or address; IPv6 also in brackets as in a URL. */
function address(description: string, initial: string): Setting<string> {
  const schema = z
    .string()
    .min(1)
    .transform((host) => /^\[(.*)\]$/.exec(host)?.[1] ?? host);
  return { description, default: initial, schema };
}

function integer(
  description: string,
  initial: number,
  [min, max]: readonly [number, number],
): Setting<number> {
  const schema = z
    .string()
    .regex(/^\d+$/, 'expected an integer')
    .transform(Number)
    .pipe(z.int().min(min).max(max));
  return { description, default: initial, schema };
}

function choice<T extends string>(
  description: string,
  initial: T,
  choices: readonly T[],
): Setting<T> {
  // Parsed in two steps, so that the schema takes any text.
  return { description, default: initial, schema: z.string().pipe(z.enum(choices)) };
}

function onOff(description: string): Setting<boolean> {
  const schema = z
    .string()
    .pipe(z.enum(['true', 'false', '1', '0']))
    .transform((word) => word === 'true' || word === '1');
  return { description, default: false, schema, isSwitch: true };
}

const table = {
  host: address('address to listen on; 0.0.0.0 or [::] for all', '127.0.0.1'),
  port: {
    ...integer('port to listen on; 0 for any free one', 8080, [0, 65_535]),
    platformVariable: 'PORT',
  },
  keysFile: optionalPath(
    'file of the API keys that let requests in, as `weightspring keys create` makes it',
  ),
  requireKeys: onOff('refuse to listen without keys where other machines can reach the service'),
  metricsPort: integer(
    'port of the same address that has /metrics alone, for anybody who reaches it; 0: --port has it, for keys of the scope admin',
    0,
    [0, 65_535],
  ),
  corsOrigin: origins(
    'origins whose web pages may use the service, such as https://example.org,https://example.com; * for any',
  ),
  modelsDir: folders(
    'folder of flows; repeated for several, of which the first that has a flow of a name counts',
    [DEFAULT_MODELS_DIR],
  ),
  workers: integer(
    'processes that generate networks',
    Math.min(2, availableParallelism()),
    [1, 256],
  ),
  threads: integer('most threads of each such process; 0 for its share of the cores', 0, [0, 256]),
  memoryBytes: integer(
    'most that one evaluation of such a process may hold, in bytes: batches are cut to it, and a network that takes more is refused',
    DEFAULT_MEMORY_BYTES,
    [MIB, 2 ** 40],
  ),
  device: choice<DeviceChoice>(
    `where networks are computed: ${DEVICE_CHOICES.join(', ')}; auto is CUDA where it works`,
    'auto',
    DEVICE_CHOICES,
  ),
  requireDevice: onOff('do not become ready where the device cannot be used, not even on the CPU'),
  queueLimit: integer(
    'requests that may wait, beside those that a free process takes at once',
    64,
    [0, 100_000],
  ),
  batchWindowMs: integer(
    'how long a request waits for others of its architecture while a process is busy, in ms',
    2,
    [0, 1_000],
  ),
  jobTimeoutMs: integer('longest run of one request, in ms', 120_000, [100, 86_400_000]),
  lameDuckMs: integer(
    'how long the service says before a shutdown that it is not ready, and still takes requests, in ms',
    0,
    [0, 600_000],
  ),
  // Together with writing the last answers, within the 10 s of `docker stop`.
  drainMs: integer('how long a shutdown waits for requests, in ms', 7_000, [0, 600_000]),
  keepAliveMs: integer(
    'how long an idle connection is kept, in ms: longer than a load balancer in front keeps it',
    75_000,
    [0, 3_600_000],
  ),
  requestTimeoutMs: integer(
    'how long a request may take to arrive, in ms',
    10_000,
    [100, 3_600_000],
  ),
  writeTimeoutMs: integer(
    'how long a client may take to read an answer, or each MiB of a longer one, in ms',
    30_000,
    [100, 3_600_000],
  ),
  maxConnections: integer('connections that may be open', 1_024, [1, 1_000_000]),
  clientConnections: integer(
    'connections that one client may have open; as many as --max-connections behind a proxy',
    256,
    [1, 1_000_000],
  ),
  pipelineLimit: integer(
    'requests that one connection may send ahead of their answers: one that sends more is closed',
    16,
    [1, 1_000],
  ),
  addressRequestsPerMinute: integer(
    'requests per minute of one address, beside probes; 0 for any number',
    0,
    [0, 1_000_000_000],
  ),
  keyRequestsPerMinute: integer(
    'requests per minute of a key that has no limit of its own; 0 for any number',
    0,
    [0, 1_000_000_000],
  ),
  clientLimit: integer(
    'requests for networks that one client may have outstanding: a key that has no limit of its own, or an address where there are no keys',
    64,
    [1, 100_000],
  ),
  maxOperations: integer(
    'most planned operations of one request; 0 for what one core does in a quarter of the job time-out',
    0,
    [0, Number.MAX_SAFE_INTEGER],
  ),
  maxResponseBytes: integer('most bytes of generated weights in one answer', 32 * MIB, [
    1,
    2 ** 30,
  ]),
  maxBodyBytes: integer('longest request body, in bytes', MIB, [1024, 64 * MIB]),
  answerBytes: integer(
    'memory of answers that are computed or not yet read, in bytes: more requests are refused until then',
    64 * MIB,
    [MIB, 2 ** 40],
  ),
  keepBytes: integer('generated files kept, in bytes', 64 * MIB, [0, 2 ** 40]),
  keepMs: integer('how long generated files are kept, in ms', 3_600_000, [0, 2 ** 40]),
  stateDir: optionalPath(
    'folder where jobs and their files are kept, of this service alone; without one it takes no jobs',
  ),
  stateBytes: integer('disk space of the files that jobs make, in bytes', 2 ** 30, [MIB, 2 ** 50]),
  stateMs: integer('how long jobs that ended and their files are kept, in ms', 7 * 86_400_000, [
    1_000,
    2 ** 40,
  ]),
  jobLimit: integer('jobs that may wait or run', 1_000, [1, 100_000]),
  jobsAtOnce: integer(
    'jobs that run at the same time; 0 for half as many as processes that generate networks',
    0,
    [0, 256],
  ),
  clientJobs: integer('jobs of one client address that run at the same time', 2, [1, 256]),
};

export type SettingName = keyof typeof table;

/** The settings of the service. */
export type Configuration = {
  readonly [Name in SettingName]: (typeof table)[Name]['default'];
};

/** A setting as the command line and the documentation show it. */
export interface SettingInfo {
  readonly name: SettingName;
  /** `--models-dir` */
  readonly flag: string;
  /** `WEIGHTSPRING_MODELS_DIR` */
  readonly variable: string;
  /** A variable that platforms set, used if {@link variable} is not set: `PORT`. */
  readonly platformVariable: string | undefined;
  readonly description: string;
  readonly default: string;
  /** Its flag takes no value. */
  readonly isSwitch: boolean;
  /** Its flag may be repeated; its variable separates by `:`, on Windows by `;`. */
  readonly isList: boolean;
}

/** Settings as written: by name, those of a repeated flag as a list. */
export type WrittenSettings = Readonly<Partial<Record<SettingName, string | readonly string[]>>>;

const names = Object.keys(table) as SettingName[];

export const SETTINGS: readonly SettingInfo[] = names.map((name) => {
  const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const variable = `WEIGHTSPRING_${words.replaceAll('-', '_').toUpperCase()}`;
  const setting: Setting<unknown> = table[name];
  const { description, isSwitch = false, isList = false, platformVariable } = setting;
  return {
    name,
    flag: `--${words}`,
    variable,
    platformVariable,
    description,
    default: [setting.default].flat().join(delimiter) || 'none',
    isSwitch,
    isList,
  };
});

/**
 * Reads the settings. A flag wins over its variable, that over the platform's variable, that over the
 * default.
 *
 * @param flags - values by setting name (`port`), as written
 * @throws WeightspringError `invalid-argument`, naming the flag or the variable
 */
export function readConfiguration(
  flags: WrittenSettings = {},
  environment: NodeJS.ProcessEnv = process.env,
): Configuration {
  const values = SETTINGS.map(({ name, flag, variable, platformVariable, isList }) => {
    const written = flags[name];
    if (written !== undefined) {
      return [name, parse(name, isList ? [written].flat() : written, flag)];
    }
    // Container tools pass unset variables as empty ones.
    const from = [variable, platformVariable ?? variable].find(
      (candidate) => environment[candidate],
    );
    if (from === undefined) return [name, table[name].default];
    const text = environment[from] ?? '';
    return [name, parse(name, isList ? text.split(delimiter) : text, from)];
  });
  const configuration = Object.fromEntries(values) as Configuration;
  ensure(
    !configuration.requireDevice || configuration.device !== 'auto',
    'invalid-argument',
    () => '--require-device: expected --device with the one that is required, got auto',
    '--require-device',
  );
  return configuration;
}

function parse(name: SettingName, written: unknown, from: string): unknown {
  const { schema }: Setting<unknown> = table[name];
  return parseWith(schema, written, from, ({ message, field }) => {
    return new WeightspringError('invalid-argument', message, { field });
  });
}
