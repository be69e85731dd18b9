import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GrowingFile, type FileMark } from '../../src/files/growing-file.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-growing-'));
  path = join(folder, 'grows.bin');
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (length: number, first = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => first + 7 * i);

/** A file of three pieces in two calls; the mark is that of the second call. */
async function write(): Promise<FileMark> {
  const file = await GrowingFile.open(path, null);
  await file.append([bytes(100), bytes(3, 1)]);
  const mark = await file.append([bytes(20, 2)]);
  await file.close();
  return mark;
}

const whole = Buffer.concat([bytes(100), bytes(3, 1), bytes(20, 2)]);

describe('GrowingFile', () => {
  it('gives back what was appended, and grows on', async () => {
    const file = await GrowingFile.open(path, await write());
    expect(await file.read(0, 123)).toEqual(Uint8Array.from(whole));
    expect(await file.read(101, 4)).toEqual(Uint8Array.from(whole.subarray(101, 105)));
    const mark = await file.append([bytes(5)]);
    await file.close();
    expect(mark.bytes).toBe(128);
    expect(await readFile(path)).toEqual(Buffer.concat([whole, bytes(5)]));
    await (await GrowingFile.open(path, mark)).close();
  });

  it('drops what came after the mark', async () => {
    const mark = await write();
    await appendFile(path, 'half a rec');
    const file = await GrowingFile.open(path, mark);
    const next = await file.append([bytes(2)]);
    await file.close();
    expect(await readFile(path)).toEqual(Buffer.concat([whole, bytes(2)]));
    await (await GrowingFile.open(path, next)).close();
  });

  it('begins empty without a mark, whatever is there', async () => {
    await write();
    await (await GrowingFile.open(path, null)).close();
    expect((await readFile(path)).length).toBe(0);
  });

  it('takes an earlier mark', async () => {
    const file = await GrowingFile.open(path, null);
    const first = await file.append([bytes(9)]);
    await file.append([bytes(9)]);
    await file.close();
    await (await GrowingFile.open(path, first)).close();
    expect(await readFile(path)).toEqual(Buffer.from(bytes(9)));
  });

  it('refuses any one bit that changed, and a file that is too short', async () => {
    const mark = await write();
    for (let place = 0; place < whole.length; place++) {
      const changed = Buffer.from(whole);
      changed[place]! ^= 1 << (place & 7);
      await writeFile(path, changed);
      await expect(GrowingFile.open(path, mark), `byte ${place}`).rejects.toMatchObject({
        code: 'data-corrupt',
        message: expect.stringContaining(path) as string,
      });
      // Not even what is refused gets lost.
      expect(await readFile(path)).toEqual(changed);
    }
    await writeFile(path, whole);
    await truncate(path, whole.length - 1);
    await expect(GrowingFile.open(path, mark)).rejects.toThrow(/ends before byte 123; delete/);
  });
});
