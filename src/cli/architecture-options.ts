import { InvalidArgumentError, Option } from 'commander';
import { ensure, WeightspringError } from '../errors.js';
import { parseJson } from '../files/parse-json.js';
import { readRegularFile } from '../files/read-regular-file.js';
import type { FlowConfig } from '../flows/flow-config.js';
import type { TrainedArchitecture } from '../flows/flow-summary.js';
import { usualArchitecture } from '../flows/usual-architecture.js';
import {
  ACTIVATIONS,
  architectureIn,
  architectureKey,
  withActivation,
  type Activation,
  type Architecture,
} from '../network/architecture.js';
import {
  completeArchitecture,
  parseArchitecture,
  type ArchitectureChoice,
} from '../network/grammar.js';
import { networkOf } from '../network/network.js';
import { integerParser } from './options.js';

/** The flags of a command that choose an architecture. */
export interface ArchitectureFlags {
  readonly layers?: readonly number[];
  /** As {@link readArchitecture} takes it. */
  readonly architecture?: string;
  readonly activation?: Activation;
}

/** An entry of a list of architectures. */
export interface ListedArchitecture {
  /** As {@link readArchitecture} takes it. */
  readonly form: string;
  readonly runs: number | undefined;
}

const FORMS = '30-16-16-2/relu, the JSON of a graph, or @ and a file that holds either';
/**
 * Largest file with an architecture: enough for a graph with the most nodes and generous
 * formatting.
 */
const MAX_FILE_BYTES = 2 ** 20;

/** Widths as written on the command line: `30,16,16,2`. */
export function parseLayers(text: string): readonly number[] {
  const widths = widthsOf(text);
  if (widths !== null) return widths;
  throw new InvalidArgumentError(`expected widths such as 30,16,16,2, got '${text}'`);
}

/** Several architectures: `30-16-2` or `30-16-2:20` for 20 runs, separated by `;`. */
export function parseArchitectureList(text: string): readonly ListedArchitecture[] {
  return text.split(';').map((part) => {
    // JSON and paths contain colons too.
    const [, form = '', runs] = /^\s*(.*?)\s*(?::\s*(\d+)\s*)?$/s.exec(part) ?? [];
    if (form === '') throw new InvalidArgumentError(`expected ARCHITECTURE:RUNS, got '${part}'`);
    return { form, runs: runs === undefined ? undefined : integerParser(1, 1e6)(runs) };
  });
}

export const layersOption = (): Option =>
  new Option(
    '--layers <widths>',
    'all widths of a perceptron, input and output included, such as 30,16,16,2',
  ).argParser(parseLayers);

export const architectureOption = (): Option =>
  new Option('--architecture <form>', FORMS).conflicts('layers');

export const activationOption = (): Option =>
  new Option('--activation <name>', 'activation between the layers').choices(ACTIVATIONS);

/** Defaults of a command. */
export interface ArchitectureDefaults {
  /** For widths without an activation. */
  readonly activation: Activation | undefined;
  /** Used if no flag names an architecture. */
  readonly usual: Architecture | null;
  /** Architectures that may be named by their keys alone. */
  readonly known?: readonly TrainedArchitecture[];
}

/**
 * The architecture of a command's flags, or the usual one.
 *
 * @throws WeightspringError `invalid-argument` naming the option, and the node at fault
 */
export async function chosenArchitecture(
  { layers, architecture: form, activation }: ArchitectureFlags,
  { activation: defaultActivation, usual, known = [] }: ArchitectureDefaults,
): Promise<Architecture> {
  const option = form === undefined ? '--layers' : '--architecture';
  if (layers === undefined && form === undefined) {
    ensure(
      usual !== null,
      'invalid-argument',
      () => `expected --layers or --architecture: there is no default architecture`,
      option,
    );
    return activation === undefined ? usual : withActivation(usual, activation);
  }
  const byKey = known.find((candidate) => architectureKey(candidate) === form);
  const choice = await readChoice(option, () => {
    if (byKey !== undefined) return architectureIn(byKey);
    return form === undefined ? parseArchitecture({ layers }) : readArchitecture(form);
  });
  return completed(choice, activation, defaultActivation);
}

/**
 * The architectures of a list.
 *
 * @param activation - value of `--activation`
 */
export function chosenArchitectures(
  list: readonly ListedArchitecture[],
  activation: Activation | undefined,
  defaultActivation: Activation | undefined,
  option = '--architectures',
): Promise<readonly Architecture[]> {
  return Promise.all(
    list.map(async ({ form }) =>
      completed(
        await readChoice(option, () => readArchitecture(form)),
        activation,
        defaultActivation,
      ),
    ),
  );
}

/**
 * The architectures of a list, completed as the flow does, or the flow's usual one.
 *
 * @throws WeightspringError `invalid-argument` where there is neither
 */
export async function flowArchitectures(
  list: readonly ListedArchitecture[] | undefined,
  config: FlowConfig,
): Promise<readonly Architecture[]> {
  if (list !== undefined) return chosenArchitectures(list, undefined, config.activations[0]);
  const usual = usualArchitecture(config);
  ensure(
    usual !== null,
    'invalid-argument',
    () => `config.json of flow ${config.name} lists no architectures: name those to measure`,
    '--architectures',
  );
  return [usual];
}

function completed(
  choice: ArchitectureChoice,
  activation: Activation | undefined,
  defaultActivation: Activation | undefined,
): Architecture {
  const arch = completeArchitecture(choice, activation ?? defaultActivation);
  const { key, activation: its } = networkOf(arch);
  ensure(
    activation === undefined || its === activation,
    'invalid-argument',
    () => `--activation ${String(activation)}: ${key} already names its activation`,
    '--activation',
  );
  return arch;
}

/** An architecture as text: `30-16-16-2/relu`, JSON, or `@` and the file that holds either. */
async function readArchitecture(text: string): Promise<ArchitectureChoice> {
  if (!text.startsWith('@')) return architectureOf(text);
  const path = text.slice(1);
  const bytes = await readRegularFile(path, MAX_FILE_BYTES, { what: 'an architecture' });
  try {
    return architectureOf(bytes.toString());
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

function architectureOf(text: string): ArchitectureChoice {
  const form = text.trim();
  if (form.startsWith('{')) return parseArchitecture(jsonOf(form));
  const [widths = '', activation, ...rest] = form.split('/');
  const layers = rest.length > 0 ? null : widthsOf(widths);
  ensure(
    layers !== null,
    'invalid-argument',
    () => `expected ${FORMS}, got '${form.slice(0, 100)}'`,
  );
  return parseArchitecture({ layers, ...(activation === undefined ? {} : { activation }) });
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const problem = `expected the JSON of an architecture, but the text ${error.message}`;
    throw new WeightspringError('invalid-argument', problem, { cause: error });
  }
}

function widthsOf(text: string): readonly number[] | null {
  const parts = text.split(/[-,]/).map((part) => part.trim());
  return parts.every((part) => /^\d{1,9}$/.test(part)) ? parts.map(Number) : null;
}

async function readChoice(
  option: string,
  read: () => ArchitectureChoice | Promise<ArchitectureChoice>,
): Promise<ArchitectureChoice> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError(error.code, `${option}: ${error.message}`, { cause: error });
  }
}
