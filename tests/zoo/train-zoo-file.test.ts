import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import type { Engine } from '../../src/training/engine.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { loadTask, type PreparedTask } from '../../src/zoo/prepared-task.js';
import { zooRecipe } from '../../src/zoo/recipes.js';
import { trainZooFile, zooRunDir, type ZooFileOptions } from '../../src/zoo/train-zoo-file.js';
import type { ZooProgress } from '../../src/zoo/train-zoo.js';
import { readZoo } from '../../src/zoo/zoo-file.js';
import type { ZooChoices } from '../../src/zoo/zoo-plan.js';

const { training } = zooRecipe('spirals');
/** Two epochs of 11 updates for each of two architectures. */
const choices: ZooChoices = {
  architectures: [
    { architecture: architecture([2, 4, 2]), runs: 3 },
    { architecture: architecture([2, 3, 3, 2], 'tanh'), runs: 2 },
  ],
  training: { ...training, epochs: 2, snapshots: { ignoreEpochs: 0, perRun: 4 } },
  seed: 3,
};
const UPDATES = 44;

const ort = new OrtEngine({ threads: 1 });
let task: PreparedTask;
let folder: string;
let out: string;
let runDir: string;
beforeAll(async () => {
  task = await loadTask('spirals');
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-zoo-file-'));
  out = join(folder, 'a.zoo');
  runDir = `${out}.run`;
});
afterEach(() => rm(folder, { recursive: true }));

const train = (of: ZooChoices, changes: Partial<ZooFileOptions> = {}): Promise<unknown> =>
  trainZooFile(task, of, { engine: ort, out, runDir, checkpointEveryMs: 0, ...changes });

/** The bytes of a zoo that was trained without interruption, and without a run folder. */
async function unbroken(of: ZooChoices): Promise<Buffer> {
  const path = join(folder, 'unbroken.zoo');
  await train(of, { out: path, runDir: null });
  return readFile(path);
}

/** An engine whose process dies before its `evaluations + 1`-th evaluation, or never. */
function mortal(evaluations = Infinity): Engine & { count: number } {
  const engine = {
    name: ort.name,
    count: 0,
    compile: async (program: Parameters<Engine['compile']>[0]) => {
      const compiled = await ort.compile(program);
      return {
        dispose: () => compiled.dispose(),
        evaluate: (...args: Parameters<typeof compiled.evaluate>) => {
          if (engine.count === evaluations) throw new Error('killed');
          engine.count++;
          return compiled.evaluate(...args);
        },
      };
    },
  };
  return engine;
}

describe('trainZooFile', () => {
  it.each([0, 1, 4, 10, 11, 12, 17, 21, 22, 23, 30, 33, 40, 43])(
    'goes on after a death after %i updates, and loses none',
    async (alive) => {
      const expected = await unbroken(choices);
      await expect(train(choices, { engine: mortal(alive) })).rejects.toThrow('killed');
      const rest = mortal();
      await train(choices, { engine: rest });
      expect((await readFile(out)).equals(expected)).toBe(true);
      expect(rest.count).toBe(UPDATES - alive);
      expect((await readdir(folder)).sort()).toEqual(['a.zoo', 'unbroken.zoo']);
    },
  );

  it('goes on after deaths at every fifth update, one after another', async () => {
    const expected = await unbroken(choices);
    let deaths = 0;
    for (let isDead = true; isDead; deaths++) {
      isDead = await train(choices, { engine: mortal(5) }).then(
        () => false,
        () => true,
      );
    }
    expect(deaths).toBe(9);
    expect((await readFile(out)).equals(expected)).toBe(true);
  });

  it.each<[string, Partial<ZooChoices['training']>]>([
    ['Adam without decay', { optimizer: { kind: 'adam' } }],
    ['other moments', { optimizer: { kind: 'adam', weightDecay: 0.5, beta1: 0.8, beta2: 0.9 } }],
    ['momentum', { optimizer: { kind: 'sgd', momentum: 0.9, weightDecay: 1e-5 } }],
    ['plain descent', { optimizer: { kind: 'sgd' } }],
    ['a cosine', { schedule: { kind: 'cosine' } }],
    ['one cycle', { schedule: { kind: 'one-cycle' } }],
    ['snapshots at steps', { snapshots: { ignoreEpochs: 1, everySteps: 4 } }],
    ['the thesis’s snapshots', { snapshots: { ignoreEpochs: 0, everySteps: 10 } }],
    ['minibatches of another size', { batchSize: 100, epochs: 6 }],
    // So large that every run is trained alone.
    ['all rows at once', { batchSize: 1_000_000, epochs: 15 }],
  ])('goes on to the same bytes with %s', async (_, changes) => {
    const changed = { ...choices, training: { ...choices.training, ...changes } };
    const expected = await unbroken(changed);
    for (const alive of [3, 4, 9]) {
      await expect(train(changed, { engine: mortal(alive) })).rejects.toThrow('killed');
    }
    await train(changed);
    expect((await readFile(out)).equals(expected)).toBe(true);
  });

  it('loses what came after the last checkpoint, and nothing else', async () => {
    const expected = await unbroken(choices);
    await expect(train(choices, { engine: mortal(30) })).rejects.toThrow('killed');
    const rare = { checkpointEveryMs: 1e9 };
    await expect(train(choices, { engine: mortal(8), ...rare })).rejects.toThrow('killed');
    const rest = mortal();
    await train(choices, { engine: rest });
    expect(rest.count).toBe(UPDATES - 30);
    expect((await readFile(out)).equals(expected)).toBe(true);
  });

  it('drops what a process wrote that died before its checkpoint was whole', async () => {
    const expected = await unbroken(choices);
    await expect(train(choices, { engine: mortal(25) })).rejects.toThrow('killed');
    await appendFile(join(runDir, 'networks.f32'), Buffer.alloc(101, 7));
    await appendFile(join(runDir, 'finals.jsonl'), '{"architecture":0,"ru');
    const draft = '.weightspring-4b0e3a52-7e61-4f0c-9f0a-3d1f3cf3d5f8.tmp';
    await writeFile(join(runDir, draft), 'half a checkpoint');
    await train(choices);
    expect((await readFile(out)).equals(expected)).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['a.zoo', 'unbroken.zoo']);
  });

  it('takes the networks of a checkpoint that is older than the files beside it', async () => {
    const expected = await unbroken(choices);
    await expect(train(choices, { engine: mortal(9) })).rejects.toThrow('killed');
    const checkpoint = join(runDir, 'checkpoint.safetensors');
    await copyFile(checkpoint, join(folder, 'older'));
    await expect(train(choices, { engine: mortal(25) })).rejects.toThrow('killed');
    await copyFile(join(folder, 'older'), checkpoint);
    await train(choices);
    expect((await readFile(out)).equals(expected)).toBe(true);
  });

  it('keeps everything until the zoo is on the disk', async () => {
    const expected = await unbroken(choices);
    await mkdir(out);
    await expect(train(choices)).rejects.toThrow(/a\.zoo.*it is a folder/);
    await rm(out, { recursive: true });
    const rest = mortal();
    await train(choices, { engine: rest });
    expect(rest.count).toBe(0);
    expect((await readFile(out)).equals(expected)).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['a.zoo', 'unbroken.zoo']);
  });

  it.each([5, 12, 22, 23, 44])('saves when it is stopped, after %i updates', async (updates) => {
    const expected = await unbroken(choices);
    const controller = new AbortController();
    let seen = 0;
    const stopped = train(choices, {
      checkpointEveryMs: 1e9,
      signal: controller.signal,
      onProgress: () => {
        if (++seen === updates) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toBe(updates);
    const from: ZooProgress[] = [];
    const progress: ZooProgress[] = [];
    const rest = mortal();
    await train(choices, {
      engine: rest,
      onContinue: (at) => from.push(at),
      onProgress: (at) => progress.push(at),
    });
    expect(rest.count).toBe(UPDATES - updates);
    // Three networks in the first 22 updates, two in the others.
    const done = 3 * Math.min(updates, 22) + 2 * Math.max(updates - 22, 0);
    expect(from).toMatchObject([{ done, total: 110 }]);
    if (updates < UPDATES) expect(progress[0]!.done).toBe(done + (updates < 22 ? 3 : 2));
    expect((await readFile(out)).equals(expected)).toBe(true);
  });

  it('says nothing of continuing where there is nothing to continue', async () => {
    const from: ZooProgress[] = [];
    await train(choices, { onContinue: (at) => from.push(at) });
    expect(from).toEqual([]);
  });

  it('replaces a zoo that is there, at the end only', async () => {
    await writeFile(out, 'old');
    await expect(train(choices, { engine: mortal(25) })).rejects.toThrow('killed');
    expect(await readFile(out, 'utf8')).toBe('old');
    await train(choices);
    expect((await readZoo(out)).finals.length).toBe(5);
  });

  it.each<[string, ZooChoices, RegExp]>([
    ['seed', { ...choices, seed: 4 }, /another run: seed is 3 there and 4 here; .*delete the fold/],
    [
      'epochs',
      { ...choices, training: { ...choices.training, epochs: 3 } },
      /training\.epochs is 2 there and 3 here/,
    ],
    [
      'runs',
      { ...choices, architectures: [{ architecture: architecture([2, 4, 2]), runs: 4 }] },
      /architectures\.0\.runs is 3 there and 4 here, architectures\.1 is \{/,
    ],
  ])('refuses other options in its folder: %s', async (_, other, message) => {
    await expect(train(choices, { engine: mortal(25) })).rejects.toThrow('killed');
    await expect(train(other)).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(train(other)).rejects.toThrow(message);
    const rest = mortal();
    await train(choices, { engine: rest });
    expect(rest.count).toBe(UPDATES - 25);
  });

  it('refuses another split of the data set, and another engine', async () => {
    await expect(train(choices, { engine: mortal(5) })).rejects.toThrow('killed');
    const options = { engine: ort, out, runDir };
    const other = await loadTask('spirals', { split: { seed: 9 } });
    await expect(trainZooFile(other, choices, options)).rejects.toThrow(
      /split\.seed is 0 there and 9 here/,
    );
    await expect(train(choices, { engine: { ...mortal(), name: 'ort-cuda' } })).rejects.toThrow(
      /engine is "ort-cpu" there and "ort-cuda" here/,
    );
    await expect(trainZooFile({ ...task, sha256: 'ab' }, choices, options)).rejects.toThrow(
      /data is "[\da-f]{58,}.* there and "ab" here/,
    );
  });

  it('refuses a run of another release', async () => {
    await expect(train(choices, { engine: mortal(5) })).rejects.toThrow('killed');
    const path = join(runDir, 'run.json');
    const record = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...record, version: '0.0.7' }));
    await expect(train(choices)).rejects.toThrow(/version is "0\.0\.7" there and "\d+\.\d+\.\d+/);
  });

  it('refuses wrong options before it makes a folder', async () => {
    const wrong = { ...choices, training: { ...choices.training, epochs: 0 } };
    await expect(train(wrong)).rejects.toThrow(/epochs must be a positive integer/);
    await expect(train({ ...choices, architectures: [] })).rejects.toThrow(/at least one/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses the checkpoint of another run', async () => {
    await expect(train(choices, { engine: mortal(5) })).rejects.toThrow('killed');
    const checkpoint = join(runDir, 'checkpoint.safetensors');
    await copyFile(checkpoint, join(folder, 'foreign'));
    await rm(runDir, { recursive: true });
    const other = { ...choices, seed: 9 };
    await expect(train(other, { engine: mortal(5) })).rejects.toThrow('killed');
    await copyFile(join(folder, 'foreign'), checkpoint);
    await expect(train(other)).rejects.toMatchObject({ code: 'data-corrupt' });
    await expect(train(other)).rejects.toThrow(/belongs to another run; delete/);
  });

  it('refuses a bit that changed anywhere in its files', async () => {
    // In the second architecture, so that there are networks, records and moments.
    await expect(train(choices, { engine: mortal(25) })).rejects.toThrow('killed');
    for (const name of ['checkpoint.safetensors', 'networks.f32', 'finals.jsonl']) {
      const path = join(runDir, name);
      const bytes = await readFile(path);
      expect(bytes.length).toBeGreaterThan(100);
      for (let place = 0; place < bytes.length; place += 37) {
        const changed = Buffer.from(bytes);
        changed[place]! ^= 1 << (place & 7);
        await writeFile(path, changed);
        await expect(train(choices), `${name}, byte ${place}`).rejects.toMatchObject({
          code: 'data-corrupt',
          message: expect.stringMatching(new RegExp(`${name}.*delete`)) as string,
        });
      }
      await writeFile(path, bytes.subarray(0, -1));
      await expect(train(choices)).rejects.toMatchObject({ code: 'data-corrupt' });
      await writeFile(path, bytes);
    }
    const rest = mortal();
    await train(choices, { engine: rest });
    expect(rest.count).toBe(UPDATES - 25);
  });

  it('has its folder for itself', async () => {
    let second: Promise<unknown> | undefined;
    await train(choices, {
      onProgress: () => {
        second ??= expect(train(choices)).rejects.toThrow(/a\.zoo\.run is in use by process/);
      },
    });
    await second;
    expect(second).toBeDefined();
  });

  it('leaves what else is in its folder', async () => {
    await mkdir(runDir);
    await writeFile(join(runDir, 'notes.txt'), 'kept');
    await train(choices);
    expect(await readdir(runDir)).toEqual(['notes.txt']);
  });
});

describe('zooRunDir', () => {
  it('is beside the file', async () => {
    expect(await zooRunDir(out)).toBe(runDir);
  });
  it('is none beside a device', async () => {
    expect(await zooRunDir('/dev/null')).toBeNull();
  });
});
