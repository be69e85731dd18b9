import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { needs } from '../support/needs.js';
import { otherMachine, thisMachine, type Machine } from './machine.js';
import type { Pinned } from './pinned.js';

/** A file of pins. */
interface PinFile {
  /** Where the digests were written. */
  readonly machine: Machine;
  readonly pins: Readonly<Record<string, Pinned>>;
}

/**
 * Difference of each value over the largest of its list: rounding on other vector instructions, which
 * training enlarges. Initial weights changed by 2e-7 of themselves leave all pins but one within it.
 */
const TOLERANCE = 1e-4;

interface PinOptions {
  /** What is not here and needed, if anything: see `needs`. */
  readonly missing?: string | undefined;
  /** Of its numbers on other machines. Default {@link TOLERANCE}. */
  readonly tolerance?: number;
}

/** Declares a test that a result is the pinned one, as far as any machine can tell. */
export type Pin = (title: string, measure: () => Promise<Pinned>, options?: PinOptions) => void;

/**
 * Tests of one file of pins, `tests/pins/<name>.json`: `declare` names the results. Every machine
 * compares their numbers, one of the kind that wrote the file their digests too. Run with
 * `--update`, the file is written anew.
 */
export function pinsOf(name: string, declare: (pin: Pin) => void): void {
  const path = fileURLToPath(new URL(`${name}.json`, import.meta.url));
  const pinned = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as PinFile) : undefined;
  const titles: string[] = [];
  const found = new Map<string, Pinned>();

  declare((title, measure, { missing, tolerance = TOLERANCE } = {}) => {
    titles.push(title);
    it(title, needs(missing), async () => {
      const result = await measure();
      found.set(title, result);
      if (!isUpdate()) expectNumbers(result.numbers, pinned?.pins[title]?.numbers, tolerance);
    });
  });

  it('are the same to the last bit', needs(pinned && otherMachine(pinned.machine)), () => {
    if (isUpdate()) return;
    const digests = (pins: readonly (readonly [string, Pinned | undefined])[]) =>
      Object.fromEntries(pins.map(([title, pin]) => [title, pin?.digests]));
    expect(digests([...found])).toEqual(
      digests([...found.keys()].map((title) => [title, pinned?.pins[title]])),
    );
  });

  it('are all there is in the file', () => {
    if (!isUpdate()) expect(Object.keys(pinned?.pins ?? {})).toEqual(titles);
  });

  afterAll(async () => {
    if (found.size === 0 || !isUpdate()) return;
    const lacking = titles.filter((title) => !found.has(title));
    expect(lacking, `measure all of ${name}.json to write it anew`).toEqual([]);
    const file: PinFile = { machine: thisMachine(), pins: Object.fromEntries(found) };
    await writeFile(path, `${JSON.stringify(file, null, 2)}\n`);
  });
}

function isUpdate(): boolean {
  return expect.getState().snapshotState.snapshotUpdateState === 'all';
}

function expectNumbers(
  found: Pinned['numbers'],
  pinned: Pinned['numbers'] | undefined,
  tolerance: number,
): void {
  expect(pinned, 'not pinned yet: npm run -s pins').toBeDefined();
  expect(Object.keys(found)).toEqual(Object.keys(pinned!));
  for (const [name, values] of Object.entries(found)) {
    const [here, there] = [[values].flat(), [pinned![name]!].flat()];
    const size = Math.max(...there.map(Math.abs));
    expect(here, name).toHaveLength(there.length);
    here.forEach((value, index) => {
      const difference = Math.abs(value - there[index]!);
      expect(difference, `${name}: ${value}, not ${there[index]!}`).toBeLessThanOrEqual(
        tolerance * size,
      );
    });
  }
}
