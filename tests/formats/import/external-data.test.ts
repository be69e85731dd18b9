import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listNetworkFiles } from '../../../src/formats/import/list-network-files.js';
import { readForeignFile } from '../../../src/formats/import/read-foreign-file.js';
import { bytesOf } from '../../data/data-files.js';
import { FLAT, onnxFile, SHAPE, torchTensors } from './foreign-files.js';

const TENSORS = torchTensors();
const DATA = Buffer.concat(TENSORS.map(({ data }) => bytesOf(data)));
/** A chain of layers; of a tensor: where it lies, by default as PyTorch writes it. */
function graph(changes: Readonly<Record<string, string>> = {}): Uint8Array {
  const nodes = [0, 2, 4].flatMap((layer, index) => [
    {
      op: 'Gemm',
      inputs: [index === 0 ? 'input' : `a${index}`, `${layer}.weight`, `${layer}.bias`],
      output: `z${index}`,
      ints: { transB: 1 },
    },
    ...(index === 2 ? [] : [{ op: 'Relu', inputs: [`z${index}`], output: `a${index + 1}` }]),
  ]);
  return onnxFile(nodes, TENSORS, {
    external: ({ data }) => {
      const before = TENSORS.slice(
        0,
        TENSORS.findIndex((own) => own.data === data),
      );
      return {
        location: 'net.onnx.data',
        offset: String(before.reduce((sum, own) => sum + own.data.byteLength, 0)),
        length: String(data.byteLength),
        ...changes,
      };
    },
  });
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-external-'));
});
afterEach(() => rm(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

async function weightsIn(path: string): Promise<Float32Array> {
  const [file] = await listNetworkFiles([path]);
  const network = await readForeignFile(file!, SHAPE);
  if (!('layers' in network)) throw new Error('expected a perceptron');
  const { layers } = network;
  return Float32Array.from(layers.flatMap(({ weight, bias }) => [...weight, ...bias]));
}

describe('weights in a file beside an ONNX graph', () => {
  it('are read from a folder', async () => {
    await writeFile(at('net.onnx'), graph());
    await writeFile(at('net.onnx.data'), DATA);
    expect(await weightsIn(folder)).toEqual(FLAT);
  });

  it('are read from an archive', async () => {
    const entries = { 'nets/net.onnx': graph(), 'nets/net.onnx.data': DATA };
    await writeFile(at('nets.zip'), zipSync(entries));
    expect(await weightsIn(at('nets.zip'))).toEqual(FLAT);
  });

  it('are asked for where they are missing', async () => {
    await writeFile(at('net.onnx'), graph());
    await expect(weightsIn(folder)).rejects.toThrow(at('net.onnx.data'));
    await writeFile(at('nets.zip'), zipSync({ 'nets/net.onnx': graph() }));
    await expect(weightsIn(at('nets.zip'))).rejects.toThrow(/nets\.zip.*nets\/net\.onnx\.data/);
  });

  it.each(['../secret', '/etc/hostname', 'a\\b', '..', ''])(
    'are not looked for elsewhere: %j',
    async (location) => {
      await writeFile(at('net.onnx'), graph({ location }));
      await expect(weightsIn(at('net.onnx'))).rejects.toThrow(
        /net\.onnx.*'0\.weight'.*expected the name of a file beside it/,
      );
    },
  );

  it.each([
    { offset: '1000000' },
    { offset: '-4' },
    { length: '1e300' },
    { offset: 'x' },
    { length: '-1' },
    { length: '8' },
  ])('are refused beyond the file, or of another size: %j', async (place) => {
    await writeFile(at('net.onnx'), graph(place));
    await writeFile(at('net.onnx.data'), DATA);
    await expect(weightsIn(at('net.onnx'))).rejects.toMatchObject({
      code: 'data-corrupt',
      message: expect.stringMatching(/net\.onnx': its tensor '0\.weight'/) as string,
    });
  });
});
