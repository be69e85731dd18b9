import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import pkg from 'onnx-proto';
import { afterAll, beforeAll, describe } from 'vitest';
import { readTrainingLog } from '../../src/training-entry.js';
import { weightspringOk } from '../support/compiled.js';
import { pinnedClassifier, pinnedSafetensors } from './networks.js';
import { pinsOf } from './pin.js';
import { digest, pinnedReport, pinnedValues, together, type Pinned } from './pinned.js';
import { startService, type Service } from './service.js';
import { makeScratch, trainToyZoo, type Scratch } from './toy-zoo.js';

interface ToyFlow {
  readonly zoo: 'mixed' | 'single' | 'tanh';
  readonly flags: string;
  /** Two architectures that it serves, the first of its zoo. */
  readonly layers: readonly (readonly number[])[];
}

interface PinnedRequest extends Readonly<Record<string, unknown>> {
  readonly flow: string;
}

const MIXED = [
  [2, 8, 2],
  [2, 5, 7, 2],
];
const SMALL = '--width 8 --blocks 1';

/** Every kind of velocity network, and every geometry. */
const FLOWS: Readonly<Record<string, ToyFlow>> = {
  mlp: { zoo: 'single', flags: `--velocity mlp ${SMALL}`, layers: [[2, 8, 2]] },
  'neuron-transformer': {
    zoo: 'mixed',
    flags: `--velocity neuron-transformer ${SMALL} --heads 2 --edge-width 4 --geometry geometric`,
    layers: MIXED,
  },
  'relational-transformer': {
    zoo: 'tanh',
    flags: `--velocity relational-transformer ${SMALL} --heads 2 --edge-width 4`,
    layers: MIXED,
  },
  pna: {
    zoo: 'mixed',
    flags: `--velocity pna ${SMALL} --edge-width 4 --geometry normalized --storage float16`,
    layers: MIXED,
  },
};

/** One of relu and one of tanh networks. */
const EVALUATED = ['neuron-transformer', 'relational-transformer'];

describe('fresh flows', { timeout: 180_000 }, () => {
  let scratch: Scratch;
  let service: Service;

  /** Sixteen networks of one architecture, which soups take. */
  beforeAll(async () => {
    scratch = await makeScratch();
    const architectures = '2,8,2:16;2,5,7,2:3';
    await trainToyZoo(scratch.at('mixed.zoo'), { architectures });
    await trainToyZoo(scratch.at('tanh.zoo'), { architectures, activation: 'tanh' });
    await trainToyZoo(scratch.at('single.zoo'), { architectures: '2,8,2:16' });
    for (const [name, { zoo, flags }] of Object.entries(FLOWS)) {
      await weightspringOk([
        ...['train', '--zoo', scratch.at(`${zoo}.zoo`), '--name', name, ...flags.split(' ')],
        ...['--out', scratch.at(`models/${name}`), '--run-dir', scratch.at(`runs/${name}`)],
        ...['--batch', '4', '--steps', '20', '--device', 'cpu'],
      ]);
    }
    service = await startService(scratch.at('models'));
  }, 180_000);
  afterAll(async () => {
    await service.stop();
    await scratch.remove();
  });

  /** The report of a command on the flows of this suite. */
  async function report(...command: readonly string[]): Promise<unknown> {
    const where = ['--models-dir', scratch.at('models'), '--device', 'cpu', '--json'];
    return JSON.parse((await weightspringOk([...command, ...where])).stdout) as unknown;
  }

  /**
   * A network's file without the digest of its flow's configuration, which records how long the
   * training took.
   */
  async function network(request: PinnedRequest): Promise<Uint8Array> {
    const config = await readFile(scratch.at(`models/${request.flow}/config.json`));
    const sha256 = createHash('sha256').update(config).digest('hex');
    const file = Buffer.from(await service.networks(request));
    for (let at = file.indexOf(sha256); at >= 0; at = file.indexOf(sha256)) {
      file.fill('0', at, at + sha256.length);
    }
    return Uint8Array.from(file);
  }

  pinsOf('flows', (pin) => {
    for (const [name, { flags, layers: served }] of Object.entries(FLOWS)) {
      pin(`training of ${name}`, async () => {
        const records = await readTrainingLog(scratch.at(`runs/${name}`));
        const values = (key: 'loss' | 'gradientNorm' | 'learningRate'): number[] =>
          records.map((record) => record[key]);
        return together(
          pinnedValues('losses', values('loss')),
          pinnedValues('norms of gradients', values('gradientNorm')),
          pinnedValues('learning rates', values('learningRate')),
        );
      });

      pin(`graph of ${name}`, () => pinnedGraph(scratch.at(`models/${name}/flow.onnx`)));

      for (const layers of served) {
        const request = { flow: name, architecture: { layers }, seed: 5, steps: 3 };
        pin(`weights ${layers.join('-')} of ${name}`, async () =>
          pinnedSafetensors(await network({ ...request, format: 'safetensors' })),
        );
        pin(`a classifier ${layers.join('-')} of ${name}`, async () =>
          pinnedClassifier(await network(request), 2),
        );
      }

      // Normalized flows have no density.
      if (flags.includes('normalized')) continue;
      pin(`likelihood under ${name}`, async () => {
        const file = scratch.at(`${name}.safetensors`);
        const request = { flow: name, architecture: { layers: [2, 8, 2] }, seed: 5, steps: 3 };
        await writeFile(file, await service.networks({ ...request, format: 'safetensors' }));
        const options = ['--trace', 'exact', '--steps', '2', '--solver', 'heun'];
        return pinnedReport(
          'report',
          await report('likelihood', '--flow', name, '--network', file, ...options),
          /(logDensity|bitsPerDimension|priorLogDensity|traceIntegral|logVolumeScale)$/,
        );
      });
    }

    for (const flow of EVALUATED) {
      pin(`evaluation of ${flow}`, async () => {
        const job = ['--flow', flow, '--layers', '2,8,2', '--samples', '6', '--steps', '3'];
        // Nulls measure times too, which no digest can hold.
        return pinnedReport(
          'report',
          await report('evaluate', ...job, '--no-nulls'),
          /crossEntropy\.mean$/,
        );
      });
    }
  });
});

/** Of a recorded model: its file, its graph without the values of the parameters, and its size. */
async function pinnedGraph(path: string): Promise<Pinned> {
  const file = await readFile(path);
  const model = pkg.onnx.ModelProto.decode(file);
  const { node, initializer } = model.graph!;
  const operations = new Map<string, number>();
  for (const { opType } of node!) operations.set(opType!, (operations.get(opType!) ?? 0) + 1);
  const nodes = node!.map((one) => digest(pkg.onnx.NodeProto.encode(one).finish()));
  const parameters = initializer!.map(({ name, dims }) => `${name} ${String(dims)}`);
  return {
    digests: {
      file: digest(file),
      nodes: digest(nodes.join()),
      parameters: digest(parameters.join()),
    },
    numbers: {
      nodes: node!.length,
      parameters: parameters.length,
      ...Object.fromEntries(operations),
    },
  };
}
