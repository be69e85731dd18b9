import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { describe, expect, it } from 'vitest';
import type { Artefact } from '../../../server/artefacts.js';
import {
  StoredArtefacts,
  type StoredArtefactsOptions,
} from '../../../server/jobs/stored-artefacts.js';
import { temporaryFolder } from './temporary-folder.js';

function artefact(bytes: Uint8Array, fileName = 'network.onnx'): Artefact {
  const id = createHash('sha256').update(bytes).digest('hex');
  const metadata = { flow: 'wdbc', name: 'ü' };
  return {
    id,
    bytes,
    fileName,
    mediaType: 'application/octet-stream',
    extrapolated: true,
    metadata,
  };
}

const random = (length: number): Artefact => artefact(randomBytes(length));

describe('stored artefacts', () => {
  type Place = Pick<StoredArtefactsOptions, 'root' | 'folder'>;

  async function makePlace(): Promise<Place & { readonly index: string }> {
    const folder = await temporaryFolder();
    const index = join(folder, 'index');
    return { root: openIndex(index), folder: join(folder, 'artefacts'), index };
  }

  const openIndex = (path: string): RootDatabase => open({ path, maxDbs: 4 });

  const openStore = (place: Place, options: Partial<StoredArtefactsOptions> = {}) =>
    StoredArtefacts.open({ ...place, maxBytes: 1e9, maxAgeMs: 1e9, ...options });

  const pathOf = ({ folder }: Place, { id }: Artefact): string => join(folder, id.slice(0, 2), id);

  it('gives back what was put, also to the next process', async () => {
    const place = await makePlace();
    const files = [artefact(new Uint8Array()), random(1), random(2 ** 20)];
    const store = await openStore(place);
    await store.put(files);
    for (const file of files) {
      expect(store.has(file.id)).toBe(true);
      expect(await store.get(file.id)).toEqual({ ...file, bytes: Buffer.from(file.bytes) });
    }
    const { bytes } = store;
    await place.root.close();
    const next = await openStore({ ...place, root: openIndex(place.index) });
    expect(next.bytes).toBe(bytes);
    for (const { id } of files) expect(await next.get(id)).toMatchObject({ id });
  });

  it.each(['', 'x', '../../../etc/passwd', 'A'.repeat(64), 'a'.repeat(64), '0'.repeat(1e5)])(
    'has nothing of another name, and looks nowhere else: %#',
    async (id) => {
      const store = await openStore(await makePlace());
      expect(store.has(id)).toBe(false);
      expect(store.sizeOf(id)).toBeUndefined();
      expect(await store.get(id)).toBeUndefined();
    },
  );

  it('counts the space that the disk gives to files, once each, and gives it back', async () => {
    const place = await makePlace();
    let now = 1_000;
    const store = await openStore(place, { maxAgeMs: 100, now: () => now });
    const files = [random(10), random(5_000), random(100_000)];
    await store.put(files);
    await store.put([...files, ...files]);
    const stats = await Promise.all(files.map((file) => stat(pathOf(place, file))));
    const onDisk = stats.reduce((sum, { blocks }) => sum + 512 * blocks, 0);
    expect(store.bytes).toBeGreaterThanOrEqual(onDisk);
    expect(store.bytes).toBeLessThan(onDisk + 1_000);
    now += 101;
    expect(await store.get(files[0]!.id)).toBeUndefined();
    await store.evict();
    expect(store.bytes).toBe(0);
    expect(
      (await readdir(place.folder, { recursive: true })).filter((name) => name.length > 2),
    ).toEqual([]);
  });

  it('lets the oldest go beyond its space; what is made again counts as new', async () => {
    const place = await makePlace();
    let now = 1_000;
    const store = await openStore(place, { maxBytes: 3 * 9_000, now: () => now });
    const files = [random(8_192), random(8_192), random(8_192), random(8_192)];
    for (const file of files.slice(0, 3)) {
      await store.put([file]);
      now++;
    }
    await store.put([files[0]!]);
    now++;
    await store.put([files[3]!]);
    expect(files.map(({ id }) => store.has(id))).toEqual([true, false, true, true]);
    expect(store.bytes).toBeLessThanOrEqual(3 * 9_000);
  });

  it('does not hand out a file that is damaged, cut off or gone, and makes it anew', async () => {
    const place = await makePlace();
    const damaged: string[] = [];
    const store = await openStore(place, { onDamaged: (id) => damaged.push(id) });
    const file = random(5_000);
    const path = pathOf(place, file);
    const flipped = Buffer.from(file.bytes);
    flipped[77]! ^= 1;
    for (const change of [
      () => writeFile(path, flipped),
      () => writeFile(path, file.bytes.subarray(0, 100)),
      () => rm(path),
    ]) {
      await store.put([file]);
      await change();
      expect(await store.get(file.id)).toBeUndefined();
      expect(store.has(file.id)).toBe(false);
      expect(store.bytes).toBe(0);
    }
    expect(damaged).toEqual([file.id, file.id, file.id]);
    await store.put([file]);
    await writeFile(path, flipped);
    await store.put([file]);
    expect(await store.get(file.id)).toMatchObject({ id: file.id });
  });

  it('removes what a killed process left, and nothing that is not its own', async () => {
    const place = await makePlace();
    const store = await openStore(place);
    const [kept, stray] = [random(10), random(10)];
    await store.put([kept]);
    const part = join(place.folder, stray.id.slice(0, 2));
    await mkdir(part, { recursive: true });
    await writeFile(join(part, stray.id), stray.bytes);
    const draft = '.weightspring-01234567-0123-0123-0123-0123456789ab.tmp';
    await writeFile(join(part, draft), 'half');
    await writeFile(join(part, 'notes.txt'), 'mine');
    await mkdir(join(place.folder, 'photos'));
    const next = await openStore(place);
    expect(await readdir(part)).not.toContain(stray.id);
    expect(await readdir(part)).not.toContain(draft);
    expect(await readdir(part)).toContain('notes.txt');
    expect(await readdir(place.folder)).toContain('photos');
    expect(await next.get(kept.id)).toMatchObject({ id: kept.id });
  });

  it('keeps its books while many put, read and evict the same files', async () => {
    const place = await makePlace();
    let now = 1_000;
    const store = await openStore(place, { maxBytes: 4 * 9_000, now: () => now++ });
    const files = Array.from({ length: 8 }, () => random(8_192));
    await Promise.all(
      Array.from({ length: 40 }, async (_, round) => {
        const file = files[(round * 7) % 8]!;
        await store.put([file, files[round % 8]!]);
        const read = await store.get(file.id);
        if (read !== undefined) expect(Buffer.compare(read.bytes, file.bytes)).toBe(0);
      }),
    );
    const kept = files.filter(({ id }) => store.has(id));
    for (const file of kept) expect(await store.get(file.id)).toBeDefined();
    const names = await readdir(place.folder, { recursive: true });
    expect(names.filter((name) => name.length > 64)).toHaveLength(kept.length);
    const next = await openStore(place);
    expect(next.bytes).toBe(store.bytes);
  });
});
