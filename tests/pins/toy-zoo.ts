import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readZoo, type Zoo } from '../../src/training-entry.js';
import { weightspringOk } from '../support/compiled.js';
import { digest, pinnedReport, pinnedValues, together, type Pinned } from './pinned.js';

/** One to three hidden layers; the deepest first, at which barriers are measured. */
export const TOY_ARCHITECTURES = '2,5,4,3,2:4;2,6,4,2:3;2,8,2:3';

/** A folder for the files of one suite. */
export interface Scratch {
  at(name: string): string;
  remove(): Promise<void>;
}

export async function makeScratch(): Promise<Scratch> {
  const folder = await mkdtemp(join(tmpdir(), 'weightspring-pins-'));
  return {
    at: (name) => join(folder, name),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export interface ToyZooOptions {
  /** Default `relu`. */
  readonly activation?: string;
  /** Default {@link TOY_ARCHITECTURES}. */
  readonly architectures?: string;
  /** Default `spirals`, which are generated. */
  readonly task?: string;
  /** Default 6. */
  readonly epochs?: number;
}

/** `weightspring zoo train` of so few epochs that it takes no time. */
export async function trainToyZoo(
  path: string,
  {
    activation = 'relu',
    architectures = TOY_ARCHITECTURES,
    task = 'spirals',
    epochs = 6,
  }: ToyZooOptions = {},
): Promise<void> {
  await weightspringOk([
    ...['zoo', 'train', '--task', task, '--architectures', architectures, '--out', path],
    ...['--activation', activation, '--epochs', String(epochs), '--device', 'cpu'],
  ]);
}

/** The file of a zoo, every weight, and what was measured of its networks. */
export async function pinnedZoo(path: string): Promise<Pinned> {
  const { networks, finals } = await readZoo(path);
  const wrongRows = finals.map(({ errors }) => digest(errors));
  return together(
    {
      digests: { file: digest(await readFile(path)), 'wrong rows': digest(wrongRows.join()) },
      numbers: {},
    },
    pinnedValues('weights', concatenated(networks.map(({ weights }) => weights))),
    pinnedReport(
      'finals',
      finals.map(({ train, validation, test }) => ({ train, validation, test })),
      /crossEntropy$/,
    ),
  );
}

export function concatenated(parts: readonly ArrayLike<number>[]): number[] {
  return parts.flatMap((part) => Array.from(part));
}

/** The networks of every architecture, as a flow is trained on them. */
export function populationOf(zoo: Zoo) {
  return zoo.architectures.map((architecture, index) => ({
    architecture,
    networks: zoo.networksOf(index).map(({ weights }) => weights),
  }));
}
