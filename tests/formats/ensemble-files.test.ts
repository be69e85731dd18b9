import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest } from '../../src/data/digest.js';
import { WeightspringError } from '../../src/errors.js';
import { encodeNetwork } from '../../src/formats/encode-network.js';
import { ensembleOfFiles, type EnsembleFilesOptions } from '../../src/formats/ensemble-files.js';
import { NETWORK_FORMATS, type NetworkFormat } from '../../src/formats/network-format.js';
import { architecture } from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import { networkOf } from '../../src/network/network.js';
import { decodeModel } from '../../src/onnx/parse.js';
import { Random } from '../../src/random.js';
import { runModel } from '../support/run-model.js';

const STANDARDISATION = { mean: [10, -2, 0.5], scale: [4, 0.5, 2] };
const NAMES = { featureNames: '["a","b","c"]', classNames: '["no","yes"]' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-ensemble-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface FileOptions {
  readonly layers?: readonly number[];
  readonly format?: NetworkFormat;
  readonly inputScaling?: 'folded' | 'separate';
  readonly metadata?: (held: Float32Array) => Record<string, string>;
}

const weightsOf = (seed: number, layers: readonly number[]): Float32Array =>
  new Random(seed, 'file').normals(networkOf(architecture(layers, 'tanh')).parameters);

function bytesOf(
  seed: number,
  { layers = [3, 4, 2], format = 'onnx', inputScaling = 'folded', metadata }: FileOptions = {},
): Uint8Array {
  const arch = architecture(layers, 'tanh');
  const [mean, scale] = [STANDARDISATION.mean, STANDARDISATION.scale].map((values) =>
    Array.from({ length: layers[0]! }, (_, feature) => values[feature % 3]!),
  ) as [number[], number[]];
  const usual = (held: Float32Array): Record<string, string> => ({
    ...NAMES,
    architecture: JSON.stringify(arch),
    seed: String(seed),
    inputScaling: format === 'onnx' ? 'graph' : inputScaling,
    inputMean: JSON.stringify(mean),
    inputScale: JSON.stringify(scale),
    weightsSha256: digest(held),
  });
  return encodeNetwork(
    { architecture: arch, format, inputScaling },
    {
      weights: weightsOf(seed, layers),
      standardisation: { mean, scale },
      describe: metadata ?? usual,
    },
  ).bytes;
}

async function fileOf(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const ensemble = (paths: readonly string[], options: Partial<EnsembleFilesOptions> = {}) =>
  ensembleOfFiles(paths, { activation: 'tanh', ...options });

async function refusal(
  paths: readonly string[],
  options: Partial<EnsembleFilesOptions> = {},
): Promise<WeightspringError> {
  const outcome = await ensemble(paths, options).catch((error: unknown) => error);
  if (outcome instanceof WeightspringError) return outcome;
  throw new Error(`expected a refusal, got ${String(outcome)}`);
}

describe('an ensemble of files', () => {
  it('averages classifiers and weights of every format and scaling (1e-5)', async () => {
    const choices: [string, FileOptions][] = [
      ['a.onnx', {}],
      ['b.safetensors', { format: 'safetensors' }],
      ['c.npz', { format: 'npz', inputScaling: 'separate' }],
      ['d.onnx', { layers: [3, 5, 6, 2] }],
    ];
    const paths = await Promise.all(
      choices.map(([name, options], seed) => fileOf(name, bytesOf(seed, options))),
    );
    const made = await ensemble(paths);
    // c takes features standardised as in a: one product computes both.
    expect(made.stacks).toEqual([2, 1, 1]);
    expect(made.members).toEqual([0, 2, 1, 3].map((i) => paths[i]));
    expect(made.metadata).toMatchObject({ ...NAMES, ensemble: '4', inputScaling: 'graph' });
    const { seed, file, weightsSha256 } = JSON.parse(made.metadata.members!) as Record<
      string,
      string[]
    >;
    expect(seed).toEqual(['0', '2', '1', '3']);
    expect(file).toEqual(['a.onnx', 'c.npz', 'b.safetensors', 'd.onnx']);
    expect(new Set(weightsSha256).size).toBe(4);

    const standardised = new Random(2).normals(3 * 3);
    const data = standardised.map((z, i) => {
      const feature = i % 3;
      return STANDARDISATION.mean[feature]! + z * STANDARDISATION.scale[feature]!;
    });
    const model = decodeModel(made.bytes);
    const [outputs] = await runModel(model, [{ input: { shape: [3, 3], data } }]);
    const each = choices.map(([, { layers = [3, 4, 2] }], index) =>
      forward(architecture(layers, 'tanh'), weightsOf(index, layers), standardised),
    );
    outputs!.probabilities!.values.forEach((p, place) => {
      const other = place % 2 === 0 ? place + 1 : place - 1;
      const mean = each.reduce((sum, l) => sum + 1 / (1 + Math.exp(l[other]! - l[place]!)), 0) / 4;
      expect(Math.abs(p - mean)).toBeLessThan(1e-5);
    });
    expect((await ensemble(paths)).bytes).toEqual(made.bytes);
  });

  it('takes files that say nothing of themselves, if told that they take raw features', async () => {
    const path = await fileOf(
      'bare.safetensors',
      bytesOf(1, { format: 'safetensors', metadata: () => ({}) }),
    );
    expect(await refusal([path])).toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(/bare\.safetensors: .*--input-scaling folded/) as string,
    });
    const made = await ensemble([path], { inputScaling: 'folded' });
    expect(made.stacks).toEqual([1]);
  });

  it.each<[string, FileOptions, string, RegExp]>([
    ['other features', { layers: [4, 2] }, 'shape-mismatch', /expected 3 features and 2 classes/],
    ['other classes', { layers: [3, 3] }, 'shape-mismatch', /got 3 and 3/],
    [
      'classes of other names',
      { format: 'npz', metadata: () => ({ inputScaling: 'folded', classNames: '["x","y"]' }) },
      'shape-mismatch',
      /classNames of .*good\.onnx/,
    ],
    [
      'weights that were changed',
      {
        format: 'safetensors',
        metadata: () => ({ inputScaling: 'folded', weightsSha256: 'f'.repeat(64) }),
      },
      'data-corrupt',
      /weightsSha256/,
    ],
  ])('refuses %s, naming the file', async (_, options, code, message) => {
    const good = await fileOf('good.onnx', bytesOf(1));
    const path = await fileOf(`bad.${options.format ?? 'onnx'}`, bytesOf(2, options));
    const error = await refusal([good, path]);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${path}: `)).toBe(true);
  });

  it.each([
    ['weights', (weights: Float32Array) => weights.fill(NaN, 0, 1)],
    ['weights', (weights: Float32Array) => weights.fill(-Infinity, 3, 4)],
  ])('refuses %s that are not finite', async (_, spoil) => {
    const arch = architecture([3, 4, 2], 'tanh');
    const { bytes } = encodeNetwork(
      { architecture: arch, format: 'onnx', inputScaling: 'folded' },
      {
        weights: spoil(weightsOf(1, [3, 4, 2])),
        standardisation: STANDARDISATION,
        describe: () => ({ architecture: JSON.stringify(arch) }),
      },
    );
    const error = await refusal([await fileOf('spoilt.onnx', bytes)]);
    expect(error).toMatchObject({ code: 'data-corrupt' });
    expect(error.message).toContain('not all finite');
  });

  it('reads no more files than an ensemble may have', async () => {
    const paths = Array.from({ length: 257 }, () => 'there is no such file');
    expect(await refusal(paths)).toMatchObject({ code: 'too-large', field: 'ensemble' });
  });

  it('refuses an ensemble as a member', async () => {
    const { bytes } = await ensemble([await fileOf('a.onnx', bytesOf(1))]);
    const error = await refusal([await fileOf('two.onnx', bytes)]);
    expect(error.message).toMatch(/two\.onnx: .*an ensemble of 1/);
  });

  it.each(NETWORK_FORMATS)(
    'makes a finite ensemble of a damaged file of %s, or names it',
    async (format) => {
      const sound = bytesOf(1, { format });
      const good = await fileOf('sound.onnx', bytesOf(2));
      const random = new Random(3, format);
      let refused = 0;
      for (let round = 0; round < 150; round++) {
        let bytes = Uint8Array.from(sound);
        if (round % 3 === 0) bytes = bytes.subarray(0, random.integer(bytes.length));
        else {
          for (let flips = 0; flips <= round % 5; flips++) {
            const at = random.integer(bytes.length);
            bytes[at] =
              round % 2 === 0 ? random.integer(256) : bytes[at]! ^ (1 << random.integer(8));
          }
        }
        const path = await fileOf(`damaged.${format}`, bytes);
        try {
          const { bytes: made } = await ensemble([good, path]);
          expect(decodeModel(made).outputs).toHaveLength(4);
        } catch (error) {
          if (!(error instanceof WeightspringError)) throw error;
          expect(error.message).toContain(path);
          expect(error.code).not.toBe('internal');
          refused++;
        }
      }
      // Bits of names and of the graph's title, among others, change no answer.
      expect(refused).toBeGreaterThan(100);
    },
    60_000,
  );
});
