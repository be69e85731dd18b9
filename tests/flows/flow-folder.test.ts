import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FlowConfig } from '../../src/flows/flow-config.js';
import { flowFolder, listFlows, openFlows } from '../../src/flows/flow-folder.js';
import { FLOW_FILES, readFlow, sha256 } from '../../src/flows/flow-store.js';
import { decodeModel } from '../../src/onnx/parse.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

let toy: ToyFlow;
let modelsDir: string;
const at = (...names: readonly string[]): string => join(modelsDir, ...names);

beforeAll(async () => {
  toy = await writeToyFlow();
});
afterAll(() => toy.remove());

beforeEach(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), 'weightspring-folder-'));
  await cp(toy.folder, at(TOY_FLOW), { recursive: true });
  return () => rm(modelsDir, { recursive: true });
});

/** A copy of the toy under another name, as its configuration has it. */
async function copyAs(name: string, changes: object = {}): Promise<void> {
  await cp(toy.folder, at(name), { recursive: true });
  const config = { ...toy.config, name, ...changes };
  await writeFile(at(name, FLOW_FILES.config), JSON.stringify(config));
}

/** As {@link copyAs}, with changes deep inside. */
function copyWith(name: string, change: (config: FlowConfig) => void): Promise<void> {
  const config = structuredClone(toy.config);
  change(config);
  return copyAs(name, { ...config, name });
}

/** A copy of the toy with another first number in its first parameter. */
async function copyWithParameter(name: string, value: number): Promise<void> {
  const model = decodeModel(await readFile(join(toy.folder, FLOW_FILES.model)));
  const [first] = (await readFlow(toy.folder)).parameters.keys();
  const data = model.initializers.find((own) => own.name === first)!.data as Float32Array;
  data[0] = value;
  const bytes = encodeModel(model);
  await copyAs(name, { sha256: sha256(bytes) });
  await writeFile(at(name, FLOW_FILES.model), bytes);
}

const velocity = (changes: object): object => ({
  velocity: { ...toy.config.velocity, ...changes },
});

describe('openFlows', () => {
  it.each<[string, RegExp, (name: string) => Promise<unknown>]>([
    ['a billion blocks', /velocity\.blocks/, (name) => copyAs(name, velocity({ blocks: 1e9 }))],
    ['a huge width', /velocity\.width/, (name) => copyAs(name, velocity({ width: 2 ** 40 }))],
    [
      'a billion hidden layers',
      /velocity\.maxHiddenLayers/,
      (name) => copyAs(name, velocity({ maxHiddenLayers: 1e9 })),
    ],
    [
      'sizes that are large together',
      /blocks × maxHiddenLayers² is 16384/,
      (name) => copyAs(name, velocity({ blocks: 64, maxHiddenLayers: 16 })),
    ],
    [
      'more parameters than can be served',
      /at most 33554432 parameters, got \d{9}/,
      (name) => copyAs(name, velocity({ width: 4096, blocks: 8 })),
    ],
    [
      'heads that do not divide the width',
      /velocity\.width/,
      (name) => copyAs(name, velocity({ heads: 3 })),
    ],
    [
      'an infinite law',
      /scales\.2-h1-2\[0\]\.intercept/,
      async (name) => {
        await copyAs(name);
        const text = await readFile(at(name, FLOW_FILES.config), 'utf8');
        const infinite = text.replace(/"intercept":[^,]+/, '"intercept":1e999');
        await writeFile(at(name, FLOW_FILES.config), infinite);
      },
    ],
    [
      'a law that leads to infinity',
      /scales\.2-h1-2\[0\].*leaves the numbers/,
      (name) => copyWith(name, ({ scales }) => (scales['2-h1-2']![0]!.fanOut = 1e6)),
    ],
    [
      'a law that is missing',
      /scales\.2-h1-h2-2.*each of 6 tensors, got 5/,
      (name) => copyWith(name, ({ scales }) => scales['2-h1-h2-2']!.pop()),
    ],
    [
      'laws of no family within its bounds',
      /field 'scales'.*laws for a family within the bounds/,
      (name) =>
        copyWith(name, ({ scales, bounds }) => {
          delete scales['2-h1-h2-2'];
          bounds.hiddenLayers.min = 2;
        }),
    ],
    [
      'an input scale of 0',
      /standardisation\.scale\[1\]/,
      (name) => copyWith(name, ({ standardisation }) => (standardisation.scale[1] = 0)),
    ],
    [
      'an input scale that is 0 as float32',
      /standardisation\.scale\[1\]/,
      (name) => copyWith(name, ({ standardisation }) => (standardisation.scale[1] = 1e-60)),
    ],
    [
      'too few input scales',
      /standardisation\.scale.*expected 2 elements, got 1/,
      (name) => copyWith(name, ({ standardisation }) => standardisation.scale.pop()),
    ],
    [
      'depths that its network has not',
      /bounds\.hiddenLayers\.max/,
      (name) => copyWith(name, ({ bounds }) => (bounds.hiddenLayers.max = 3)),
    ],
    ['a parameter that is NaN', /finite/, (name) => copyWithParameter(name, NaN)],
    ['a parameter that is infinite', /finite/, (name) => copyWithParameter(name, Infinity)],
    [
      'a model of millions of nodes',
      /bytes beside its parameters, got 6\d{6}/,
      async (name) => {
        // Each two bytes of the graph are a node without anything in it.
        const nodes = Buffer.alloc(6_000_000, Buffer.from([0x0a, 0x00]));
        const graph = Buffer.from([0x3a, 0x80, 0x9b, 0xee, 0x02]);
        const bytes = Buffer.concat([graph, nodes]);
        await copyAs(name, { sha256: sha256(bytes) });
        await writeFile(at(name, FLOW_FILES.model), bytes);
      },
    ],
    [
      'a model that is no protocol buffer',
      /do not parse/,
      async (name) => {
        const bytes = Buffer.alloc(100, 0xff);
        await copyAs(name, { sha256: sha256(bytes) });
        await writeFile(at(name, FLOW_FILES.model), bytes);
      },
    ],
    [
      'the name of another',
      /names the flow 'toy' in a folder 'bad'/,
      (name) => cp(toy.folder, at(name), { recursive: true }),
    ],
    [
      'no model',
      /flow\.onnx', but there is none/,
      async (name) => {
        await copyAs(name);
        await rm(at(name, FLOW_FILES.model));
      },
    ],
    [
      'no configuration',
      /config\.json', but there is none/,
      async (name) => {
        await copyAs(name);
        await rm(at(name, FLOW_FILES.config));
      },
    ],
    [
      'a pipe as its model',
      /flow\.onnx to be a regular file/,
      async (name) => {
        await copyAs(name);
        await rm(at(name, FLOW_FILES.model));
        execFileSync('mkfifo', [at(name, FLOW_FILES.model)]);
      },
    ],
    [
      'a pipe as its configuration',
      /config\.json to be a regular file/,
      async (name) => {
        await mkdir(at(name));
        execFileSync('mkfifo', [at(name, FLOW_FILES.config)]);
      },
    ],
    [
      'a configuration of a gigabyte',
      /config\.json to have 4194304 bytes at most, got 1073741824/,
      async (name) => {
        await copyAs(name);
        await truncate(at(name, FLOW_FILES.config), 2 ** 30);
      },
    ],
    [
      'a model of many gigabytes',
      /flow\.onnx to have \d+ bytes at most, got 1099511627776/,
      async (name) => {
        await copyAs(name);
        await truncate(at(name, FLOW_FILES.model), 2 ** 40);
      },
    ],
    [
      'a configuration nested a million levels deep',
      /nested more than 64 levels/,
      async (name) => {
        await copyAs(name);
        const deep = `{"training":${'['.repeat(1e6)}${']'.repeat(1e6)}}`;
        await writeFile(at(name, FLOW_FILES.config), deep);
      },
    ],
    [
      'a link to a secret as its configuration',
      /config\.json is not JSON$/,
      async (name) => {
        await mkdir(at(name));
        await symlink('/etc/passwd', at(name, FLOW_FILES.config));
      },
    ],
    [
      'a link that leads nowhere',
      /expected a folder or a link to one at 'bad', but there is none/,
      (name) => symlink('nowhere', at(name)),
    ],
    ['a link to itself', /circle/, (name) => symlink(name, at(name))],
    [
      'a link to a flow of another name',
      /names the flow 'toy' in a folder 'bad'/,
      (name) => symlink(TOY_FLOW, at(name)),
    ],
  ])('refuses a flow with %s, and no other', async (_what, reason, make) => {
    await make('bad');
    const { flows, refused } = await openFlows(modelsDir);
    expect(flows.map(({ config }) => config.name)).toEqual([TOY_FLOW]);
    expect(refused).toEqual([{ name: 'bad', reason: expect.stringMatching(reason) as string }]);
    // Whoever asks the service need not know where its files are.
    expect(refused[0]?.reason).not.toContain(modelsDir);
  });

  it('refuses a folder whose name is none', async () => {
    await cp(toy.folder, at('My \u001b[2JFlow'), { recursive: true });
    const { flows, refused } = await openFlows(modelsDir);
    expect(flows).toHaveLength(1);
    expect(refused).toEqual([
      { name: 'My  [2JFlow', reason: expect.stringContaining('a-z, 0-9') as string },
    ]);
  });

  it('serves a link to a folder wherever it leads, and links inside it', async () => {
    const elsewhere = await writeToyFlow();
    try {
      await rm(at(TOY_FLOW), { recursive: true });
      await symlink(elsewhere.folder, at(TOY_FLOW));
      await cp(join(elsewhere.folder, FLOW_FILES.model), at('stored'));
      await rm(join(elsewhere.folder, FLOW_FILES.model));
      await symlink(at('stored'), join(elsewhere.folder, FLOW_FILES.model));
      const { flows, refused } = await openFlows(modelsDir);
      expect(flows.map(({ config }) => config.name)).toEqual([TOY_FLOW]);
      expect(refused).toEqual([]);
    } finally {
      await elsewhere.remove();
    }
  });

  it('says of what is meant to be no flow: nothing', async () => {
    await writeFile(at('README.md'), '');
    await mkdir(at('empty'));
    await mkdir(at('.git'));
    await symlink('README.md', at('link'));
    expect([...(await listFlows(modelsDir)).keys()]).toEqual([TOY_FLOW]);
  });

  it('finds nothing in an empty folder', async () => {
    await rm(at(TOY_FLOW), { recursive: true });
    expect(await openFlows(modelsDir)).toEqual({ flows: [], refused: [] });
  });
});

describe('several folders of flows', () => {
  let later: string;
  beforeEach(async () => {
    later = await mkdtemp(join(tmpdir(), 'weightspring-later-'));
    return () => rm(later, { recursive: true });
  });

  /** A copy of the toy in the later folder, by default under its own name. */
  async function copyLater(name: string = TOY_FLOW, description = 'later'): Promise<void> {
    await cp(toy.folder, join(later, name), { recursive: true });
    const config = { ...toy.config, name, description };
    await writeFile(join(later, name, FLOW_FILES.config), JSON.stringify(config));
  }

  it('are opened as one', async () => {
    await copyLater('other');
    const { flows, refused } = await openFlows([modelsDir, later]);
    expect(flows.map(({ config }) => config.name)).toEqual([TOY_FLOW, 'other']);
    expect(refused).toEqual([]);
    expect(await flowFolder([modelsDir, later], 'other')).toBe(join(later, 'other'));
  });

  it('take a name from the first that has it, and tell so of the other', async () => {
    await copyLater();
    for (const [order, description] of [
      [[modelsDir, later], toy.config.description],
      [[later, modelsDir], 'later'],
    ] as const) {
      const { flows, refused } = await openFlows(order);
      expect(flows.map(({ config }) => config.description)).toEqual([description]);
      expect(refused).toEqual([
        { name: TOY_FLOW, reason: expect.stringContaining('listed earlier') as string },
      ]);
      expect(await flowFolder(order, TOY_FLOW)).toBe(join(order[0], TOY_FLOW));
    }
  });

  it('do not stand in for one that cannot be served', async () => {
    await copyLater();
    await writeFile(at(TOY_FLOW, FLOW_FILES.config), 'nonsense');
    const { flows, refused } = await openFlows([modelsDir, later]);
    expect(flows).toEqual([]);
    expect(refused.map(({ reason }) => reason)).toEqual([
      'config.json is not JSON',
      expect.stringContaining('listed earlier'),
    ]);
  });

  it('count once if named twice', async () => {
    const { flows, refused } = await openFlows([modelsDir, `${modelsDir}/`, modelsDir]);
    expect(flows).toHaveLength(1);
    expect(refused).toEqual([]);
  });

  it('name the one that is missing, and a flow that none has', async () => {
    const absent = join(later, 'absent');
    await expect(openFlows([modelsDir, absent])).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(absent) as string,
    });
    await expect(flowFolder([modelsDir, later], 'none')).rejects.toMatchObject({
      code: 'not-found',
      message: `there is no flow 'none' in '${modelsDir}', '${later}'`,
    });
    await expect(openFlows([])).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});
