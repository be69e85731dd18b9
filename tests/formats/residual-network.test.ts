import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/files/safetensors.js';
import { encodeNetwork } from '../../src/formats/encode-network.js';
import { jobName } from '../../src/formats/file-name.js';
import { foldInputScaling, unfoldInputScaling } from '../../src/formats/input-scaling.js';
import { readClassifier } from '../../src/formats/read-classifier.js';
import { readNetwork } from '../../src/likelihood/read-network.js';
import { architectureKey, graphArchitecture } from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import { networkOf } from '../../src/network/network.js';
import { decodeModel } from '../../src/onnx/parse.js';
import { Random } from '../../src/random.js';
import { thrownBy } from '../support/error-code.js';
import { runModel } from '../support/run-model.js';

/** A residual block between a stem and a head, and a second layer that reads the features too. */
const ARCH = graphArchitecture({
  input: [3],
  nodes: [
    { op: 'dense', units: 6, id: 'stem' },
    { op: 'activation', function: 'relu', id: 'h' },
    { op: 'dense', units: 4, id: 'block.0' },
    { op: 'activation', function: 'tanh' },
    { op: 'dense', units: 6, id: 'block.1' },
    { op: 'dense', units: 6, id: 'short', inputs: ['input'] },
    { op: 'add', inputs: ['h', 'block.1', 'short'], id: 'sum' },
    { op: 'activation', function: 'gelu' },
    { op: 'dense', units: 2, id: 'head' },
  ],
});
const STANDARDISATION = { mean: [650, 0.05, -3], scale: [350, 0.01, 0.5] };
const ROWS = 9;

const weights = new Random(3).normals(networkOf(ARCH).parameters);
const standardised = new Random(5).normals(3 * ROWS);
const raw = standardised.map(
  (z, i) => STANDARDISATION.mean[i % 3]! + z * STANDARDISATION.scale[i % 3]!,
);
const expected = forward(ARCH, weights, standardised);

const metadata = {
  architecture: JSON.stringify(ARCH),
  inputScaling: 'separate',
  inputMean: JSON.stringify(STANDARDISATION.mean),
  inputScale: JSON.stringify(STANDARDISATION.scale),
};
const content = { weights, standardisation: STANDARDISATION, describe: () => metadata };
const NAMES = ['stem', 'block.0', 'block.1', 'short', 'head'].flatMap((id) => [
  `${id}.weight`,
  `${id}.bias`,
]);

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

const folder = mkdtemp(join(tmpdir(), 'residual-'));
afterAll(async () => {
  await rm(await folder, { recursive: true });
});

describe('a residual perceptron as a file', () => {
  it('is an ONNX classifier of raw features that onnxruntime runs (1e-4), and is read back', async () => {
    const format = { architecture: ARCH, format: 'onnx', inputScaling: 'folded' } as const;
    const model = decodeModel(encodeNetwork(format, content).bytes);
    const [outputs] = await runModel(model, [{ input: { shape: [ROWS, 3], data: raw } }]);
    expect(distance(outputs!.logits!.values, expected)).toBeLessThan(1e-4);
    expect(model.initializers.map(({ name }) => name)).toEqual(expect.arrayContaining(NAMES));
    const read = readClassifier(model);
    expect(read.architecture).toEqual(ARCH);
    expect(read.weights).toEqual(weights);
  });

  it('names its tensors after its nodes, in torch’s layout', () => {
    const file = (format: 'safetensors' | 'npz') =>
      encodeNetwork({ architecture: ARCH, format, inputScaling: 'separate' }, content).bytes;
    const { tensors } = decodeSafetensors(file('safetensors'));
    expect([...tensors.keys()]).toEqual(NAMES);
    expect(tensors.get('block.0.weight')!.shape).toEqual([4, 6]);
    expect(Object.keys(unzipSync(file('npz')))).toEqual([
      ...NAMES.map((name) => `${name}.npy`),
      'input.mean.npy',
      'input.scale.npy',
      'metadata.npy',
    ]);
  });

  it('is read from safetensors by the architecture in its metadata', async () => {
    const format = { architecture: ARCH, format: 'safetensors', inputScaling: 'separate' } as const;
    const path = join(await folder, 'net.safetensors');
    await writeFile(path, encodeNetwork(format, content).bytes);
    const options = { activation: 'relu', standardisation: STANDARDISATION } as const;
    expect(await readNetwork(path, options)).toEqual({ architecture: ARCH, weights });
    const other = { ...metadata, architecture: JSON.stringify({ ...ARCH, input: [4] }) };
    const renamed = encodeNetwork(format, { ...content, describe: () => other });
    await writeFile(path, renamed.bytes);
    await expect(readNetwork(path, options)).rejects.toMatchObject({ code: 'shape-mismatch' });
  });

  it('takes the standardisation into every layer that reads features (1e-4)', () => {
    const folded = foldInputScaling(ARCH, weights, STANDARDISATION);
    expect(distance(forward(ARCH, folded, raw), expected)).toBeLessThan(1e-4);
    const back = unfoldInputScaling(ARCH, folded, STANDARDISATION);
    expect(distance(back, weights)).toBeLessThan(1e-5);
  });

  it.each([
    ['a sum', [{ op: 'add', inputs: ['input', 'a'] }]],
    [
      'an activation',
      [
        { op: 'activation', function: 'relu', inputs: ['input'], id: 'r' },
        { op: 'add', inputs: ['r', 'a'] },
      ],
    ],
  ] as const)('cannot take it where %s reads features', (_name, readers) => {
    const arch = graphArchitecture({
      input: [3],
      nodes: [{ op: 'dense', units: 3, id: 'a' }, ...readers, { op: 'dense', units: 2 }],
    });
    const network = new Random(3).normals(networkOf(arch).parameters);
    const error = thrownBy(() => foldInputScaling(arch, network, STANDARDISATION));
    expect(error.code).toBe('invalid-argument');
    expect(error.message).toMatch(/^node '(1|r)' of 3-graph-\w+ reads features/);
  });

  it('has the key in its file name', () => {
    const job = {
      flow: 'f',
      architecture: ARCH,
      seed: 7,
      steps: 1,
      solver: 'euler',
      timeGrid: 'uniform',
      stochasticity: { strength: 0, from: 0, to: 1 },
      format: 'onnx',
      inputScaling: 'folded',
    } as const;
    expect(jobName(job)).toBe(`f-${architectureKey(ARCH)}-seed7`);
    expect(jobName(job)).toMatch(/^[a-z0-9-]+$/);
  });
});
