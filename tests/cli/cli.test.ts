import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { decodeSafetensors } from '../../src/files/safetensors.js';
import { decodeModel } from '../../src/onnx/parse.js';
import { PACKAGE_ROOT } from '../../src/package-info.js';
import { packNetworks } from '../../src/formats/archive.js';
import type { Scrutiny } from '../../src/evaluation/scrutiny/scrutiny.js';
import type { FlowFigure } from '../../src/flows/flow-figures.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { completeSampling } from '../../src/flows/sampling-options.js';
import { MAIN, weightspring, weightspringOk } from '../support/compiled.js';
import { needs, OFF_LINUX } from '../support/needs.js';

/** Every number that the report promises, as paths. */
const REPORTED = [
  'samples.accuracy.mean',
  'samples.accuracy.std',
  'samples.accuracy.min',
  'samples.crossEntropy.mean',
  'samples.ece.mean',
  'averaged.accuracy',
  'novelty.maxErrorIoU',
  'novelty.independentMaxErrorIoU',
  'zoo.accuracy.mean',
  'zoo.accuracy.std',
  'zoo.accuracy.min',
  'zoo.crossEntropy.mean',
  'zoo.ece.mean',
  'baselines.interpolation.accuracy',
  'baselines.soup.accuracy',
  'steps',
  'seed',
];

describe('weightspring', { timeout: 120_000 }, () => {
  let folder: string;
  let modelsDir: string;
  const at = (name: string): string => join(folder, name);

  /** A soup takes 16 networks, and six updates make a flow: enough to run every command. */
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-cli-'));
    modelsDir = at('models');
    await weightspringOk([
      ...['zoo', 'train', '--task', 'spirals', '--architectures', '2,8,2:16;2,6,4,2:3'],
      ...['--epochs', '10', '--out', at('raw.zoo')],
    ]);
    await weightspringOk(['zoo', 'align', at('raw.zoo'), '--pairs', '3', '--out', at('zoo.zoo')]);
    await weightspringOk([
      ...['train', '--zoo', at('zoo.zoo'), '--name', 'tiny', '--out', join(modelsDir, 'tiny')],
      ...['--run-dir', at('run'), '--width', '16', '--blocks', '1', '--heads', '2'],
      ...['--edge-width', '4', '--batch', '8', '--steps', '6'],
    ]);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What a command printed on stdout, which must be one JSON value and nothing else. */
  async function json(...args: readonly string[]): Promise<unknown> {
    const { stdout } = await weightspringOk([...args, '--json']);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    return JSON.parse(stdout);
  }

  it('tells what a zoo holds, and how it was aligned', async () => {
    expect(await json('zoo', 'info', at('zoo.zoo'))).toMatchObject({
      task: 'spirals',
      architectures: [
        { architecture: { layers: [2, 8, 2] }, runs: 16 },
        { architecture: { layers: [2, 6, 4, 2] }, runs: 3 },
      ],
      alignment: { method: 'weight-matching' },
    });
    expect(await json('zoo', 'info', at('raw.zoo'))).toMatchObject({ alignment: null });
  });

  it('writes a complete flow and lists it', async () => {
    const files = await readdir(join(modelsDir, 'tiny'));
    expect(files.sort()).toEqual([
      ...['config.json', 'flow.onnx', 'loss.svg', 'novelty.safetensors', 'reference.json'],
    ]);
    expect(await json('flows', '--models-dir', modelsDir)).toMatchObject({
      flows: [
        {
          name: 'tiny',
          task: 'spirals',
          bounds: { hiddenLayers: { min: 1, max: 2 }, width: { min: 2, max: 10 } },
        },
      ],
    });
    const table = await weightspringOk(['flows', '--models-dir', modelsDir]);
    expect(table.stdout).toContain('tiny');
  });

  it('tells which flows cannot be served, and samples from the others', async () => {
    const bad = join(modelsDir, 'bad');
    await mkdir(bad);
    await writeFile(join(bad, 'config.json'), 'nonsense');
    try {
      const refused = [{ name: 'bad', reason: 'config.json is not JSON' }];
      expect(await json('flows', '--models-dir', modelsDir)).toMatchObject({
        flows: [{ name: 'tiny' }],
        refused,
      });
      const { stdout, stderr } = await weightspringOk(['flows', '--models-dir', modelsDir]);
      expect(stdout).toContain('tiny');
      expect(stderr).toBe('refused flow bad: config.json is not JSON\n');
      const job = ['--layers', '2,8,2', '--models-dir', modelsDir, '--out', at('beside.onnx')];
      await weightspringOk(['sample', '--flow', 'tiny', ...job]);
      const asked = await weightspring(['sample', '--flow', 'bad', ...job]);
      expect(asked).toMatchObject({
        status: 2,
        stderr: "weightspring: flow 'bad' cannot be served: config.json is not JSON\n",
      });
    } finally {
      await rm(bad, { recursive: true });
    }
  });

  it('takes flows from several folders, and lists which is where', async () => {
    await cp(join(modelsDir, 'tiny'), at('more/tiny'), { recursive: true });
    await cp(join(modelsDir, 'tiny'), at('more/second'), { recursive: true });
    const path = at('more/second/config.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, name: 'second' }));
    const both = ['--models-dir', modelsDir, '--models-dir', at('more')];
    expect(await json('flows', ...both)).toMatchObject({
      flows: [
        { name: 'tiny', folder: join(modelsDir, 'tiny') },
        { name: 'second', folder: at('more/second') },
      ],
      refused: [{ name: 'tiny' }],
    });
    const { stdout } = await weightspringOk(['flows', ...both]);
    expect(stdout).toContain(at('more/second'));
    await weightspringOk([
      ...['sample', '--flow', 'second', '--layers', '2,8,2', ...both, '--out', at('second.onnx')],
    ]);
    const { status } = await weightspring(['verify', at('second.onnx'), ...both]);
    expect(status).toBe(0);
  });

  it('says in one line that a folder of flows is empty', async () => {
    await mkdir(at('empty'));
    const { stdout, stderr } = await weightspringOk([
      ...['flows', '--json', '--models-dir', at('empty')],
    ]);
    expect(JSON.parse(stdout)).toEqual({ flows: [], refused: [] });
    expect(stderr).toBe(`there is no flow to sample from in '${at('empty')}'\n`);
  });

  it.each([
    ['a name that no flow may have', 'My Flow', 'My Flow', [], /--name.*a-z, 0-9 and '-'/],
    ['a folder of another name', 'new', 'other', [], /--out.*a folder 'new', got '[^']*\/other'/],
    [
      'a network too large to serve',
      'new',
      'new',
      ['--blocks', '64', '--width', '4096'],
      /velocity network of at most \d+ parameters/,
    ],
    ['more blocks than any', 'new', 'new', ['--blocks', '65'], /'--blocks.*from 1 to 64/],
    ['an endless description', 'new', 'new', ['--description', 'x'.repeat(1001)], /1000 char/],
  ])('refuses to train %s before any work', async (_what, name, out, more, complaint) => {
    const { status, stderr } = await weightspring([
      ...['train', '--zoo', at('zoo.zoo'), '--name', name, '--out', at(out)],
      ...['--run-dir', at('refused-run'), '--steps', '1', ...more],
    ]);
    expect(stderr).toMatch(/^weightspring: [^\n]+\n$/);
    expect(stderr).toMatch(complaint);
    expect(status).toBe(2);
    expect(existsSync(at('refused-run'))).toBe(false);
  });

  it('writes one file, or numbered ones, that depend on the seed alone', async () => {
    const job = ['sample', '--flow', 'tiny', '--layers', '2,8,2', '--models-dir', modelsDir];
    const two = await json(...job, '--seed', '1', '--count', '2', '--out', at('net.onnx'));
    expect(two).toMatchObject({
      seed: 1,
      files: [{ path: at('net-0.onnx') }, { path: at('net-1.onnx') }],
    });
    await weightspringOk([...job, '--seed', '1', '--out', at('one.onnx')]);
    await weightspringOk([...job, '--seed', '2', '--out', at('other.onnx')]);
    const first = await readFile(at('net-0.onnx'));
    expect(await readFile(at('one.onnx'))).toEqual(first);
    const weightsOf = async (name: string): Promise<unknown> =>
      decodeModel(await readFile(at(name))).initializers;
    expect(await weightsOf('net-1.onnx')).not.toEqual(await weightsOf('net-0.onnx'));
    expect(await weightsOf('other.onnx')).not.toEqual(await weightsOf('one.onnx'));
  });

  it('writes into stdout and reports beside it', needs(OFF_LINUX), async () => {
    const job = ['sample', '--flow', 'tiny', '--layers', '2,8,2', '--models-dir', modelsDir];
    await weightspringOk([...job, '--out', at('file.onnx')]);
    // What /dev/stdout links to, and where nothing can be renamed to. A pipe of the shell: those
    // that Node makes are sockets.
    const line = '"$@" --json --out /proc/self/fd/1 | cat > "$0"';
    const { stderr } = await promisify(execFile)('sh', [
      ...['-c', line, at('piped.onnx'), process.execPath, MAIN, ...job],
    ]);
    expect(await readFile(at('piped.onnx'))).toEqual(await readFile(at('file.onnx')));
    expect(JSON.parse(stderr)).toMatchObject({ files: [{ path: '/proc/self/fd/1' }] });
  });

  it(
    'writes several networks into no device, and nothing beside it',
    needs(OFF_LINUX),
    async () => {
      const job = ['sample', '--flow', 'tiny', '--layers', '2,8,2', '--models-dir', modelsDir];
      const { status, stderr } = await weightspring([
        ...job,
        ...['--count', '2', '--format', 'npz', '--out', '/dev/null'],
      ]);
      expect(stderr).toMatch(/--out: 2 networks need a file each, and '\/dev\/null'/);
      expect(status).toBe(2);
      expect(existsSync('/dev/null-0')).toBe(false);
    },
  );

  it('tells the likelihood of networks in either format, the same for the same weights', async () => {
    const job = ['sample', '--flow', 'tiny', '--layers', '2,8,2', '--models-dir', modelsDir];
    await weightspringOk([...job, '--seed', '4', '--out', at('likely.onnx')]);
    await weightspringOk([
      ...[...job, '--seed', '4', '--input-scaling', 'separate'],
      ...['--out', at('likely.safetensors')],
    ]);
    const likelihood = [
      ...['likelihood', '--flow', 'tiny', '--models-dir', modelsDir, '--steps', '4'],
      ...['--probes', '3', '--network', at('likely.onnx'), at('likely.safetensors')],
    ];
    const report = (await json(...likelihood)) as { networks: Record<string, unknown>[] };
    expect(report).toMatchObject({ flow: 'tiny', trace: 'hutchinson', probes: 3, steps: 4 });
    const [onnx, safetensors] = report.networks;
    expect(onnx).toMatchObject({
      name: at('likely.onnx'),
      architecture: { layers: [2, 8, 2] },
      dimension: 42,
      logDensity: expect.any(Number) as unknown,
      bitsPerDimension: expect.any(Number) as unknown,
      standardError: expect.any(Number) as unknown,
    });
    expect({ ...safetensors, name: onnx!.name }).toEqual(onnx);
    const { stdout } = await weightspringOk(likelihood);
    expect(stdout).toMatch(/bits per dimension/);
    expect(stdout.trim().split('\n')).toHaveLength(4);
  });

  it("writes a card into the flow's folder, and over another one only when told to", async () => {
    // A flow is served by its card: the other tests have one without.
    const carded = at('carded');
    await cp(modelsDir, carded, { recursive: true });
    const card = [
      ...['card', '--flow', 'tiny', '--models-dir', carded, '--architectures', '2,8,2'],
      ...['--samples', '2', '--fresh', '2', '--no-corners'],
    ];
    const names = ['README.md', 'figures.json', 'steps.svg', 'averages.svg'];
    const path = join(carded, 'tiny', 'README.md');
    await writeFile(path, 'a card that was measured for hours');
    const refused = await weightspring(card);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/tiny\/README\.md' is there: pass --overwrite .*or --out/);
    const elsewhere = await weightspringOk([...card, '--out', at('card')]);
    expect(elsewhere.stdout.trim().split('\n')).toEqual(names.map((name) => at(`card/${name}`)));
    expect(await readFile(path, 'utf8')).toBe('a card that was measured for hours');
    const report = (await json(...card, '--overwrite')) as { figures: { steps: number }[] };
    expect(report).toMatchObject({
      flow: 'tiny',
      files: names.map((name) => join(carded, 'tiny', name)),
    });
    for (const figure of report.figures) {
      expect(figure).toMatchObject({ layers: [2, 8, 2], samples: 2 });
    }
    expect(report.figures.map(({ steps }) => steps)).toEqual([8, 1, 2, 4, 32]);
    expect(await readFile(path, 'utf8')).toContain('# tiny');
  });

  it('writes the results of an experiment into its run folder', async () => {
    const committed = join(PACKAGE_ROOT, 'docs/results/gaussian.md');
    const before = await readFile(committed);
    const experiment = [
      ...['experiment', 'gaussian', '--scale', 'smoke', '--run-dir', at('gaussian')],
      ...['--updates', '2', '--width', '8', '--blocks', '1', '--samples', '8'],
    ];
    const report = (await json(...experiment)) as { files: string[]; checks: unknown[] };
    expect(report.files).toContain(at('gaussian/results/gaussian.md'));
    expect(report.checks.length).toBeGreaterThan(0);
    for (const file of report.files) expect((await readFile(file)).length).toBeGreaterThan(0);
    expect(await readFile(committed)).toEqual(before);
    const { files } = (await json(...experiment, '--out', at('page'))) as { files: string[] };
    expect(files).toEqual(report.files.map((file) => join(at('page'), basename(file))));
  });

  it('tells the likelihood of weights for raw features too (1e-2 nats)', async () => {
    const job = ['sample', '--flow', 'tiny', '--layers', '2,8,2', '--models-dir', modelsDir];
    const files = [at('raw.onnx'), at('raw.safetensors')];
    for (const out of files) await weightspringOk([...job, '--seed', '4', '--out', out]);
    const report = (await json(
      ...['likelihood', '--flow', 'tiny', '--models-dir', modelsDir, '--steps', '4'],
      ...['--trace', 'exact', '--network', ...files],
    )) as { networks: { logDensity: number }[] };
    const [onnx, raw] = report.networks;
    // Weights come back up to rounding; as they stand in the file they are another network.
    expect(Math.abs(raw!.logDensity - onnx!.logDensity)).toBeLessThan(1e-2);
  });

  it('refuses to measure networks that the flow would not give away', async () => {
    await cp(join(modelsDir, 'tiny'), at('other/tiny'), { recursive: true });
    const path = at('other/tiny/config.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as { standardisation: object };
    const standardisation = { ...config.standardisation, mean: [0.5, 0.5] };
    await writeFile(path, JSON.stringify({ ...config, standardisation }));
    const { status, stderr } = await weightspring([
      ...['evaluate', '--flow', 'tiny', '--layers', '2,8,2', '--samples', '2'],
      ...['--models-dir', at('other')],
    ]);
    expect(stderr).toMatch(/^weightspring: expected the flow to standardise 'x' [^\n]+\n$/);
    expect(status).toBe(2);
  });

  it('writes the format that a file is named after, and archives as the service does', async () => {
    const job = ['sample', '--flow', 'tiny', '--layers', '2,8,2', '--models-dir', modelsDir];
    await weightspringOk([...job, '--out', at('named.safetensors')]);
    expect(decodeSafetensors(await readFile(at('named.safetensors'))).metadata).toMatchObject({
      inputScaling: 'folded',
    });
    const scaled = await json(...job, '--weight-scale', 'balanced', '--out', at('balanced.npz'));
    expect(scaled).toMatchObject({ weightScale: 'balanced' });
    const told = await json(...job, '--count', '2', '--format', 'npz', '--out', at('two.zip'));
    expect(told).toMatchObject({ format: 'npz', inputScaling: 'folded' });
    const sampler = await Sampler.open({ modelsDir });
    try {
      const [flow] = sampler.flows();
      const archived: SampleJob = {
        flow: 'tiny',
        architecture: architecture([2, 8, 2]),
        seed: 1,
        firstIndex: 0,
        count: 2,
        ...completeSampling(flow!, {}),
        format: 'npz',
        inputScaling: 'folded',
      };
      const { bytes, sha256 } = packNetworks(archived, await sampler.sample(archived));
      expect(Buffer.compare(await readFile(at('two.zip')), bytes)).toBe(0);
      expect(told).toMatchObject({ files: [{ path: at('two.zip'), sha256 }] });
    } finally {
      await sampler.close();
    }
  });

  it('writes an ensemble, and the same of the files of its members', async () => {
    const job = ['sample', '--flow', 'tiny', '--layers', '2,8,2', '--models-dir', modelsDir];
    const told = await json(...job, '--ensemble', '3', '--out', at('three.onnx'));
    expect(told).toMatchObject({ ensemble: 3, count: 3, files: [{ path: at('three.onnx') }] });
    await weightspringOk([...job, '--count', '3', '--out', at('one.onnx')]);
    const files = [0, 1, 2].map((index) => at(`one-${index}.onnx`));
    expect(await json('ensemble', ...files, '--out', at('same.onnx'))).toMatchObject({
      path: at('same.onnx'),
      members: files,
      stacks: [3],
    });
    const [sampled, same] = await Promise.all(
      ['three.onnx', 'same.onnx'].map(async (name) => decodeModel(await readFile(at(name)))),
    );
    expect({ ...same, metadata: {} }).toEqual({ ...sampled, metadata: {} });
    expect(JSON.parse(same!.metadata.members!)).toMatchObject({
      ...(JSON.parse(sampled!.metadata.members!) as object),
      file: files.map((path) => basename(path)),
    });
    for (const [args, said] of [
      [[...job, '--ensemble', '3', '--out', at('bad.npz')], /ask for onnx/],
      [[...job, '--ensemble', '3', '--count', '2', '--out', at('bad.onnx')], /a count of 2/],
      [[...job, '--ensemble', '1', '--out', at('bad.onnx')], /from 2 to 256/],
      [['ensemble', at('three.onnx'), '--out', at('bad.onnx')], /an ensemble of 3/],
      [['ensemble', files[0]!, '--out', at('bad.npz')], /ends in \.onnx/],
    ] as const) {
      const { status, stderr } = await weightspring(args);
      expect(stderr).toMatch(said);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(status).toBeGreaterThan(0);
    }
    expect(existsSync(at('bad.onnx'))).toBe(false);
  });

  it('reports an evaluation as one JSON object on stdout and nothing else', async () => {
    const report = await json(
      ...['evaluate', '--flow', 'tiny', '--layers', '2,8,2', '--samples', '4', '--seed', '3'],
      ...['--steps', '2', '--models-dir', modelsDir],
    );
    for (const path of REPORTED) {
      expect(report).toHaveProperty(path, expect.any(Number));
    }
    expect(report).toMatchObject({ steps: 2, seed: 3, split: { seed: 0 }, samples: { count: 4 } });
    for (const rate of REPORTED.filter((path) => /accuracy|IoU|ece/.test(path))) {
      const value = rate
        .split('.')
        .reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], report);
      expect(value, rate).toBeGreaterThanOrEqual(0);
      expect(value, rate).toBeLessThanOrEqual(1);
    }
  });

  it('compares samples with nulls, and shows it', async () => {
    const evaluate = [
      ...['evaluate', '--flow', 'tiny', '--layers', '2,8,2', '--samples', '8', '--steps', '2'],
      ...['--models-dir', modelsDir, '--fresh', '2'],
    ];
    const { scrutiny } = (await json(...evaluate)) as { scrutiny: Scrutiny };
    expect(scrutiny.trained).toMatchObject({ source: 'flow', runs: 16 });
    expect(scrutiny.heldOut).toMatchObject({ networks: 2, distance: { networks: 2 } });
    // Other runs than those of the zoo.
    expect(scrutiny.heldOut?.distance?.smallestRatio).toBeGreaterThan(0.1);
    for (const one of [scrutiny.samples, ...(Object.values(scrutiny.nulls) as unknown[])]) {
      expect(one).toMatchObject({
        networks: 8,
        distance: { networks: 8 },
        bestOf: { networks: 1 },
      });
    }
    expect(scrutiny.notes).toEqual([]);
    const { stdout } = await weightspringOk([...evaluate, '--zoo', at('zoo.zoo')]);
    for (const row of ['held-out runs', 'soup of 16, best of 8', 'pairwise divergence']) {
      expect(stdout).toContain(row);
    }
    const other = await weightspring([...evaluate, '--zoo', at('raw.zoo.not-there')]);
    expect(other.stderr).toMatch(/zoo file.*raw\.zoo\.not-there/);
  });

  it('evaluates and cards a flow of the new recipe', async () => {
    const named = ['--flow', 'recipe', '--models-dir', at('recipe')];
    await weightspringOk([
      ...['train', '--zoo', at('zoo.zoo'), '--name', 'recipe', '--out', at('recipe/recipe')],
      ...['--run-dir', at('recipe-run'), '--width', '16', '--blocks', '1', '--heads', '2'],
      ...['--edge-width', '4', '--batch', '8', '--steps', '6', '--geometry', 'geometric'],
      ...['--input-metric', '2', '--prior', 'matched', '--skip', 'euclidean', '--behaviour', '.5'],
    ]);
    const { figures, reports } = (await json(
      ...['card', ...named, '--architectures', '2,8,2', '--samples', '2', '--fresh', '1'],
      '--no-corners',
    )) as { figures: FlowFigure[]; reports: { scrutiny: Scrutiny }[] };
    expect(reports[0]?.scrutiny.samples.distance?.networks).toBe(2);
    expect(figures[0]?.noveltyMedianRatio).toBe(reports[0]?.scrutiny.samples.distance?.medianRatio);
    const card = await readFile(at('recipe/recipe/README.md'), 'utf8');
    expect(card).toMatch(/\| run plus [.0-9]+ noise +\|/);
    const both = (await json(
      ...['card', ...named, '--architectures', '2,8,2;2,6,4,2', '--samples', '2', '--fresh', '1'],
      ...['--no-corners', '--nulls', '1', '--out', at('recipe-card')],
    )) as { reports: { scrutiny: Partial<Scrutiny> }[] };
    expect(both.reports.map(({ scrutiny }) => 'nulls' in scrutiny)).toEqual([true, false]);
    expect(both.reports[1]?.scrutiny.samples?.distance?.networks).toBe(2);
    // It is served, or refused, by what was written.
    expect(await json('flows', '--models-dir', at('recipe'))).toMatchObject({
      flows: [{ name: 'recipe', figures: [{ steps: 8 }, {}, {}, {}, {}] }],
      refused: [],
    });
  });

  it('marks networks outside the hull of the zoo', async () => {
    const job = ['sample', '--flow', 'tiny', '--models-dir', modelsDir, '--out', at('out.onnx')];
    expect(await json(...job, '--layers', '2,8,2')).toMatchObject({ extrapolated: false });
    expect(await json(...job, '--layers', '2,9,2')).toMatchObject({ extrapolated: true });
    const { stderr } = await weightspringOk([...job, '--layers', '2,9,2']);
    expect(stderr).toMatch(/^extrapolated: 2-9-2\/relu .* tiny, which has widths 8 to 8 at 1/);
  });

  it('refuses to evaluate what a flow cannot draw in the words of sample', async () => {
    const named = ['--flow', 'tiny', '--models-dir', modelsDir, '--layers', '2,4,4,4,4,2'];
    const sampled = await weightspring(['sample', ...named, '--out', at('deep.onnx')]);
    const evaluated = await weightspring(['evaluate', ...named, '--samples', '2']);
    expect(sampled.stderr).toMatch(/flow tiny makes networks of 1 or 2 hidden layers/);
    expect(evaluated).toEqual(sampled);
  });

  it('serves by its card: what was measured to fail is refused, and can be measured again', async () => {
    const tested = at('tested');
    await cp(modelsDir, tested, { recursive: true });
    const named = ['--flow', 'tiny', '--models-dir', tested];
    const { stderr } = await weightspringOk([
      ...['card', ...named, '--architectures', '2,8,2', '--samples', '2', '--fresh', '1'],
    ]);
    // The zoo has 8 neurons in one layer, 6 and 4 in two; drawn can be 2 to 10.
    for (const corner of ['2-2-2', '2-10-2', '2-2-2-2', '2-10-10-2']) {
      expect(stderr).toContain(`measuring ${corner}/relu in 8 steps`);
    }
    // Six updates make no flow.
    const evaluate = ['evaluate', ...named, '--samples', '2', '--layers'];
    expect(await json(...evaluate, '2,8,2')).toMatchObject({ served: false, extrapolated: false });
    const sample = ['sample', ...named, '--out', at('refused.onnx'), '--layers'];
    const refused = await weightspring([...sample, '2,8,2']);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(
      /^weightspring: flow tiny does not serve 2-8-2: .* measured to fail/,
    );
    const card = await readFile(join(tested, 'tiny', 'README.md'), 'utf8');
    expect(card).toMatch(/\| 2-8-2\/relu .*\| refused +\|/);
  });

  it.each([
    ['an unknown command', 'frobnicate', /unknown command/],
    ['an option with a likely spelling', 'flows --modls-dir x', /unknown option/],
    ['a missing option', 'sample --layers 2,8,2', /--flow/],
    ['a network that is not there', 'likelihood --flow wdbc --network nobody.onnx', /nobody.onnx/],
    [
      'networks of another kind',
      'likelihood --flow wdbc --network package.json',
      /a \.onnx, \.safetensors, \.npz file, got 'package\.json'/,
    ],
    [
      'an end offset of zero',
      'likelihood --flow wdbc --network a.onnx --end-offset 0',
      /--end-offset/,
    ],
    ['a path for a flow', 'likelihood --flow ../tiny --network a.onnx', /--flow.*a-z, 0-9/],
    ['a path for a flow', 'card --flow ../tiny --architectures 2,8,2', /--flow.*a-z, 0-9/],
    ['a path for a flow', 'experiment likelihood --flow ../tiny', /--flow.*a-z, 0-9/],
    ['an unknown flow', 'sample --flow nobody --layers 2,8,2 --out net.onnx', /nobody/],
    ['a width of zero', 'sample --flow tiny --layers 2,0,2 --out net.onnx', /--layers.*got 0/],
    ['a negative width', 'sample --flow tiny --layers 2,-8,2 --out net.onnx', /2,-8,2/],
    [
      'a wrong output width',
      'sample --flow tiny --layers 2,8,3 --out net.onnx',
      /2 outputs, got 3/,
    ],
    ['too wide a layer', 'sample --flow tiny --layers 2,999999,2 --out net.onnx', /999999/],
    [
      'a seed beyond 2^53',
      'sample --flow tiny --layers 2,8,2 --seed 9007199254740993 --out net.onnx',
      /--seed/,
    ],
    [
      'a name that belies its format',
      'sample --flow tiny --layers 2,8,2 --format npz --out net.onnx',
      /--out.*ends in \.npz.*net\.onnx/,
    ],
    [
      'an ONNX classifier of standardised features',
      'sample --flow tiny --layers 2,8,2 --input-scaling separate --out net.onnx',
      /format onnx take raw features/,
    ],
    [
      'a count of a billion',
      'sample --flow tiny --layers 2,8,2 --count 1000000000 --out net.onnx',
      /--count/,
    ],
    ['a zoo that is not there', 'zoo info nowhere.zoo', /nowhere\.zoo/],
    ['a port that there is not', 'serve --port 99999', /--port/],
  ])('answers %s with one line on stderr and exit code 2', async (_name, line, complaint) => {
    const args = line.split(' ');
    if (args[0] === 'sample') args.push('--models-dir', modelsDir);
    const { status, stdout, stderr } = await weightspring(args);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^weightspring: [^\n]+\n$/);
    expect(stderr).toMatch(complaint);
    expect(status).toBe(2);
  });
});
