import { InvalidArgumentError, Option } from 'commander';
import { parseDecimal } from '../files/parse-decimal.js';
import type { Stochasticity } from '../flow/stochasticity.js';
import { DEFAULT_MODELS_DIR } from '../package-info.js';
import { MAX_SEED } from '../random.js';
import { FLOW_NAME_RULE, isFlowName } from '../flows/flow-name.js';

/** A name of a flow, as every command takes it. */
export function parseFlowName(text: string): string {
  if (isFlowName(text)) return text;
  throw new InvalidArgumentError(`expected ${FLOW_NAME_RULE}, got ${JSON.stringify(text)}`);
}

/** Several names of flows, for an option that takes a list. */
export function parseFlowNames(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, parseFlowName(text)];
}

/** A parser for integers in a range. */
export function integerParser(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min && value <= max) {
      return value;
    }
    throw new InvalidArgumentError(`expected an integer from ${min} to ${max}, got '${text}'`);
  };
}

/** A parser for positive numbers. */
export function parsePositive(text: string): number {
  const value = parseDecimal(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError(`expected a number above 0, got '${text}'`);
}

/** A parser for numbers that may be 0. */
export function parseNonNegative(text: string): number {
  const value = parseDecimal(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError(`expected a number from 0, got '${text}'`);
}

/** A parser for fractions of a whole that leave some of it. */
export function parseFraction(text: string): number {
  const value = parseDecimal(text);
  if (value >= 0 && value < 1) return value;
  throw new InvalidArgumentError(`expected a fraction from 0 to below 1, got '${text}'`);
}

/** A path. An empty one is a variable of the shell that is not set, and would mean this folder. */
export function parsePath(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError("expected a path, got ''");
}

/** Noise as written on the command line: `0.5`, or `0.5:0:0.8` for t from 0 to 0.8. */
export function parseStochasticity(text: string): Stochasticity {
  const parts = text.split(':').map(parseDecimal);
  const [strength = NaN, from = 0, to = 1, ...rest] = parts;
  const isSound =
    parts.every((part) => part >= 0 && part < Infinity) &&
    from <= to &&
    to <= 1 &&
    rest.length === 0;
  if (isSound && parts.length !== 2) return { strength, from, to };
  throw new InvalidArgumentError(`expected 0.5 or 0.5:0:0.8, got '${text}'`);
}

export const seedParser = integerParser(0, MAX_SEED);

export const dataDirOption = (): Option =>
  new Option('--data-dir <folder>', 'where the data sets are').argParser(parsePath);

/** Replaced, not extended, by the folders that are named. */
const DEFAULT_MODELS: readonly string[] = [DEFAULT_MODELS_DIR];

/** Several folders, for an option that may be repeated. */
function parseModelsDir(text: string, before: readonly string[]): readonly string[] {
  return [...(before === DEFAULT_MODELS ? [] : before), parsePath(text)];
}

export const modelsDirOption = (): Option =>
  new Option(
    '--models-dir <folder>',
    'folder of flows; repeated for several, of which the first that has a flow of the name counts',
  )
    .argParser(parseModelsDir)
    .default(DEFAULT_MODELS, DEFAULT_MODELS_DIR);

export const zooOption = (): Option =>
  new Option(
    '--zoo <file>',
    "the zoo that the flow was trained on, to make nulls of; default: the networks in the flow's folder",
  ).argParser(parsePath);

export const jsonOption = (): Option => new Option('--json', 'report as JSON');
