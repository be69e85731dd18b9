import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { initialise } from '../../src/network/initialise.js';
import { encodeNpz } from '../../src/files/npz.js';
import { encodeSafetensors, type NamedTensor } from '../../src/files/safetensors.js';
import { readNetwork } from '../../src/likelihood/read-network.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import { Random } from '../../src/random.js';
import { buildClassifier } from '../../src/formats/classifier.js';
import { fileFormat } from '../../src/formats/network-format.js';
import type { InputScaling } from '../../src/formats/network-inputs.js';
import { foldInputScaling, unfoldInputScaling } from '../../src/formats/input-scaling.js';
import { torchTensors } from '../../src/formats/torch-tensors.js';
import type { Standardisation } from '../../src/data/standardisation.js';

const ARCH = architecture([3, 4, 2], 'tanh');
const weights = initialise(ARCH, new Random(1));
const tensors = torchTensors(ARCH, weights);
const STANDARDISATION = { mean: [0, 1, 2.1], scale: [1, 0.3, 20] };
/** What a file of another flow's network may say. */
const OTHER = { mean: [0.5, -3, 2.2], scale: [2, 0.5, 21] };
const RELU = { activation: 'relu', standardisation: STANDARDISATION } as const;
const SEPARATE = { ...RELU, inputScaling: 'separate' } as const;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-networks-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function stored(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

function onnx(of: Float32Array, standardisation: Standardisation): Uint8Array {
  const metadata = { architecture: JSON.stringify(ARCH) };
  return encodeModel(
    buildClassifier({ architecture: ARCH, weights: of, standardisation, metadata }),
  );
}

function safetensors(
  of: Float32Array,
  inputScaling: InputScaling,
  standardisation?: Standardisation,
): Uint8Array {
  const { mean, scale } = standardisation ?? {};
  return encodeSafetensors(torchTensors(ARCH, of), {
    inputScaling,
    ...(mean === undefined ? {} : { inputMean: JSON.stringify(mean) }),
    ...(scale === undefined ? {} : { inputScale: JSON.stringify(scale) }),
  });
}

function npz(
  of: Float32Array,
  inputScaling: InputScaling,
  standardisation: Standardisation,
): Uint8Array {
  const metadata = { inputScaling };
  return fileFormat('npz').encode({ architecture: ARCH, weights: of, standardisation, metadata });
}

describe('readNetwork', () => {
  it('reads the weights and the architecture of our classifiers', async () => {
    const metadata = { architecture: JSON.stringify(ARCH) };
    const standardisation = STANDARDISATION;
    const model = buildClassifier({ architecture: ARCH, weights, standardisation, metadata });
    const path = await stored('net.onnx', encodeModel(model));
    expect(await readNetwork(path, RELU)).toEqual({ architecture: ARCH, weights });
  });

  it('finds the widths of safetensors, and the activation where it is named', async () => {
    const ours = encodeSafetensors(tensors, { architecture: JSON.stringify(ARCH) });
    expect(await readNetwork(await stored('ours.safetensors', ours), SEPARATE)).toEqual({
      architecture: ARCH,
      weights,
    });
    const [first, ...rest] = tensors as [NamedTensor, ...NamedTensor[]];
    const foreign = encodeSafetensors([...rest, first], { architecture: 'mlp' });
    expect(
      await readNetwork(await stored('foreign.safetensors', foreign), {
        ...SEPARATE,
        activation: 'gelu',
      }),
    ).toEqual({
      architecture: architecture([3, 4, 2], 'gelu'),
      weights,
    });
  });

  /** The same function of raw features, whatever the file's network takes. */
  const files: readonly (readonly [string, () => Uint8Array])[] = [
    ['an ONNX classifier', () => onnx(weights, STANDARDISATION)],
    ['weights for standardised features', () => safetensors(weights, 'separate', STANDARDISATION)],
    ['weights for raw features', () => safetensors(raw(), 'folded', STANDARDISATION)],
    ['weights for raw features in npz', () => npz(raw(), 'folded', STANDARDISATION)],
    ['weights for raw features that say no more', () => safetensors(raw(), 'folded')],
    ['an ONNX classifier of another flow', () => onnx(otherwise(), OTHER)],
    ['weights standardised otherwise', () => safetensors(otherwise(), 'separate', OTHER)],
    ['weights for raw features of another flow', () => safetensors(raw(), 'folded', OTHER)],
  ];
  const raw = (): Float32Array => foldInputScaling(ARCH, weights, STANDARDISATION);
  const otherwise = (): Float32Array => unfoldInputScaling(ARCH, raw(), OTHER);

  it.each(files)('reads %s as weights for what the flow standardises', async (name, file) => {
    const extension = name.includes('ONNX') ? 'onnx' : 'safetensors';
    const path = await stored(`scaled.${extension}`, file());
    const { weights: read } = await readNetwork(path, RELU);
    const worst = Math.max(...weights.map((weight, i) => Math.abs(weight - read[i]!)));
    expect(worst).toBeLessThan(1e-5);
    const isOurs = name === files[0]![0] || name === files[1]![0];
    if (isOurs) expect(read).toEqual(weights);
  });

  it('asks what a file takes that does not tell, and takes the answer', async () => {
    const path = await stored('silent.safetensors', encodeSafetensors(tensors));
    await expect(readNetwork(path, RELU)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(/silent\.safetensors: .*--input-scaling/) as unknown,
    });
    expect((await readNetwork(path, SEPARATE)).weights).toEqual(weights);
    const folded = await readNetwork(path, { ...RELU, inputScaling: 'folded' });
    expect(folded.weights).toEqual(unfoldInputScaling(ARCH, weights, STANDARDISATION));
    // What a file tells wins over what is said of those that do not.
    const told = await stored('told.safetensors', safetensors(raw(), 'folded'));
    expect(await readNetwork(told, SEPARATE)).toEqual(await readNetwork(told, RELU));
  });

  const list = JSON.stringify;
  it.each([
    ['another word', { inputScaling: 'graph' }, /folded or separate as inputScaling.*'graph'/],
    ['no mean', { inputScaling: 'separate', inputScale: list([1, 1, 1]) }, /as inputMean.*none/],
    [
      'a scale too few',
      { inputScaling: 'separate', inputMean: list([1, 1, 1]), inputScale: list([1, 1]) },
      /3 positive numbers as inputScale.*\[1,1\]/,
    ],
    [
      'a scale of 0',
      { inputScaling: 'separate', inputMean: list([1, 1, 1]), inputScale: list([1, 0, 1]) },
      /as inputScale/,
    ],
    [
      'a mean that is no number',
      { inputScaling: 'separate', inputMean: '[1,null,1]', inputScale: list([1, 1, 1]) },
      /3 numbers as inputMean/,
    ],
    ['no list', { inputScaling: 'separate', inputMean: 'zero' }, /as inputMean.*zero/],
  ])('refuses a file that says of its inputs %s', async (_name, metadata, message) => {
    const path = await stored('odd.safetensors', encodeSafetensors(tensors, { ...metadata }));
    await expect(readNetwork(path, SEPARATE)).rejects.toMatchObject({
      code: 'data-corrupt',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('refuses networks of another number of features', async () => {
    const standardisation = { mean: [0, 0], scale: [1, 1] };
    const path = await stored('three.onnx', onnx(weights, STANDARDISATION));
    await expect(readNetwork(path, { ...RELU, standardisation })).rejects.toMatchObject({
      code: 'unsupported-architecture',
      message: expect.stringMatching(/2 inputs, got 3-4-2/) as unknown,
    });
  });

  const renamed = tensors.map((tensor) => ({ ...tensor, name: `fc.${tensor.name}` }));
  it.each([
    ['other names', renamed, /expected the tensors of a torch.nn.Sequential.*fc.0.weight/],
    ['no tensors', [], /got none/],
    ['a missing bias', tensors.slice(0, 3), /a weight and a bias for each layer of 3-4-2/],
    [
      'one tensor more',
      [...tensors, { name: '1.weight', shape: [4], data: new Float32Array(4) }],
      /nothing else, got .*1.weight \[4\]/,
    ],
    [
      'layers that do not fit',
      [...tensors.slice(0, 2), { name: '2.weight', shape: [2, 5], data: new Float32Array(10) }],
      /'2.weight' of shape \[out, 4\], got \[2, 5\]/,
    ],
    [
      'a bias of another size',
      [...tensors.slice(0, 3), { name: '2.bias', shape: [3], data: new Float32Array(3) }],
      /2.bias \[3\]/,
    ],
  ] as const)('refuses safetensors with %s, naming the file', async (_name, given, message) => {
    const path = await stored('bad.safetensors', encodeSafetensors(given));
    await expect(readNetwork(path, RELU)).rejects.toMatchObject({
      code: 'shape-mismatch',
      message: expect.stringMatching(message) as unknown,
    });
    await expect(readNetwork(path, RELU)).rejects.toThrow(/^\S*bad.safetensors: /);
  });

  it('refuses a file that is not there', async () => {
    await expect(readNetwork(join(folder, 'nobody.onnx'), RELU)).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('goes by the content where that tells, whatever the file is called', async () => {
    const metadata = { architecture: JSON.stringify(ARCH) };
    const files = {
      safetensors: encodeSafetensors(tensors, metadata),
      npz: encodeNpz(tensors, metadata),
    };
    for (const [name, bytes] of Object.entries(files)) {
      for (const path of [`a-${name}.onnx`, `a-${name}`]) {
        expect(await readNetwork(await stored(path, bytes), SEPARATE)).toEqual({
          architecture: ARCH,
          weights,
        });
      }
    }
  });

  it.each(['net.pt', 'net'])('refuses %s, and names the kinds that can be read', async (name) => {
    const path = await stored(name, Uint8Array.of(1, 2, 3, 4));
    await expect(readNetwork(path, RELU)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: `expected a network as a .onnx, .safetensors, .npz file, got '${path}': write it in one of these formats`,
    });
  });

  it.each([
    ['damaged.onnx', 'model-invalid'],
    ['damaged.safetensors', 'data-corrupt'],
    ['damaged.npz', 'data-corrupt'],
  ] as const)('refuses %s with %s', async (name, code) => {
    const path = await stored(name, Uint8Array.of(1, 2, 3, 4));
    await expect(readNetwork(path, RELU)).rejects.toMatchObject({ code });
  });
});
