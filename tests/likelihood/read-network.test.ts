import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/architecture/architecture.js';
import { initialise } from '../../src/architecture/initialise.js';
import { encodeSafetensors, type NamedTensor } from '../../src/files/safetensors.js';
import { readNetwork } from '../../src/likelihood/read-network.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import { Random } from '../../src/random.js';
import { buildClassifier } from '../../src/sampling/classifier.js';
import { sequentialTensors } from '../../src/sampling/sequential-tensors.js';

const ARCH = architecture([3, 4, 2], 'tanh');
const weights = initialise(ARCH, new Random(1));
const tensors = sequentialTensors(ARCH, weights);
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

describe('readNetwork', () => {
  it('reads the weights and the architecture of our classifiers', async () => {
    const metadata = { architecture: JSON.stringify(ARCH) };
    const standardisation = { mean: [0, 1, 2], scale: [1, 1, 1] };
    const model = buildClassifier({ architecture: ARCH, weights, standardisation, metadata });
    const path = await stored('net.onnx', encodeModel(model));
    expect(await readNetwork(path, 'relu')).toMatchObject({ architecture: ARCH, weights });
  });

  it('finds the widths of safetensors, and the activation where it is named', async () => {
    const ours = encodeSafetensors(tensors, { architecture: JSON.stringify(ARCH) });
    expect(await readNetwork(await stored('ours.safetensors', ours), 'relu')).toEqual({
      architecture: ARCH,
      weights,
    });
    const [first, ...rest] = tensors as [NamedTensor, ...NamedTensor[]];
    const foreign = encodeSafetensors([...rest, first], { architecture: 'mlp' });
    expect(await readNetwork(await stored('foreign.safetensors', foreign), 'gelu')).toEqual({
      architecture: architecture([3, 4, 2], 'gelu'),
      weights,
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
    await expect(readNetwork(path, 'relu')).rejects.toMatchObject({
      code: 'shape-mismatch',
      message: expect.stringMatching(message) as unknown,
    });
    await expect(readNetwork(path, 'relu')).rejects.toThrow(/^\S*bad.safetensors: /);
  });

  it.each([
    ['net.npz', 'invalid-argument'],
    ['nobody.onnx', 'not-found'],
  ] as const)('refuses %s with %s', async (name, code) => {
    await expect(readNetwork(join(folder, name), 'relu')).rejects.toMatchObject({ code });
  });

  it.each([
    ['damaged.onnx', 'model-invalid'],
    ['damaged.safetensors', 'data-corrupt'],
  ] as const)('refuses %s with %s', async (name, code) => {
    const path = await stored(name, Uint8Array.of(1, 2, 3, 4));
    await expect(readNetwork(path, 'relu')).rejects.toMatchObject({ code });
  });
});
