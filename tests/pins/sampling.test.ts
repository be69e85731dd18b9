import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe } from 'vitest';
import { weightspringOk } from '../support/compiled.js';
import { pinnedClassifier, pinnedFile, pinnedSafetensors } from './networks.js';
import { pinsOf } from './pin.js';
import type { Pinned } from './pinned.js';
import { startService, type Service } from './service.js';
import { makeScratch, type Scratch } from './toy-zoo.js';

/** Every flow that ships, at architectures that it serves. */
const SHIPPED = {
  wdbc: [
    [30, 16, 2],
    [30, 16, 16, 2],
    [30, 12, 20, 8, 2],
  ],
  mnist: [
    [784, 10, 10],
    [784, 24, 13, 10],
  ],
  'mnist-thesis-geometric': [[784, 10, 10]],
  'mnist-thesis-normalized': [[784, 10, 10]],
  'mnist-thesis-euclidean': [[784, 10, 10]],
  'fashion-mnist': [[784, 16, 10]],
  digits: [[64, 16, 16, 10]],
  wine: [[13, 16, 16, 3]],
  iris: [
    [4, 16, 16, 3],
    [4, 10, 22, 3],
  ],
  'wdbc-thesis-euclidean': [[30, 16, 16, 2]],
  'wdbc-thesis-normalized': [[30, 16, 16, 2]],
  'wdbc-thesis-geometric': [
    [30, 16, 16, 2],
    [30, 9, 13, 2],
  ],
};

/** Flows that draw other graphs than perceptrons, at one that is in no zoo. */
const SHIPPED_GRAPHS = {
  'digits-cnn': {
    input: [1, 8, 8],
    nodes: [
      { op: 'conv2d', channels: 7, kernel: 3, padding: 1 },
      { op: 'activation', function: 'relu', id: 'stem' },
      { op: 'conv2d', channels: 9, kernel: 3, padding: 1 },
      { op: 'activation', function: 'relu' },
      { op: 'conv2d', channels: 7, kernel: 3, padding: 1, id: 'block' },
      { op: 'add', inputs: ['block', 'stem'] },
      { op: 'activation', function: 'relu' },
      { op: 'max-pool', size: 2 },
      { op: 'conv2d', channels: 14, kernel: 3 },
      { op: 'activation', function: 'relu' },
      { op: 'global-avg-pool' },
      { op: 'dense', units: 10 },
    ],
  },
};

/** Every kind of file, and what reads it. */
const FILES: Readonly<
  Record<
    string,
    readonly [object, (file: Uint8Array, features: number) => Pinned | Promise<Pinned>]
  >
> = {
  onnx: [{ format: 'onnx' }, pinnedClassifier],
  'safetensors, folded': [{ format: 'safetensors', inputScaling: 'folded' }, pinnedSafetensors],
  'safetensors, separate': [{ format: 'safetensors', inputScaling: 'separate' }, pinnedSafetensors],
  'npz, folded': [{ format: 'npz', inputScaling: 'folded' }, pinnedFile],
  'npz, separate': [{ format: 'npz', inputScaling: 'separate' }, pinnedFile],
};

/** Ways to sample besides the flow's own. */
const WAYS = {
  euler: { solver: 'euler', steps: 3 },
  heun: { solver: 'heun', steps: 3 },
  rk4: { solver: 'rk4', steps: 2 },
  'a quadratic time grid': { timeGrid: 'quadratic', steps: 3 },
  noise: { stochasticity: { strength: 0.3, from: 0.2, to: 0.9 }, steps: 4 },
  "the flow's own steps": {},
};

describe('networks of the flows that ship', { timeout: 120_000 }, () => {
  let scratch: Scratch;
  let service: Service;
  beforeAll(async () => {
    scratch = await makeScratch();
    service = await startService();
  });
  afterAll(async () => {
    await service.stop();
    await scratch.remove();
  });

  pinsOf('sampling', (pin) => {
    for (const [flow, architectures] of Object.entries(SHIPPED)) {
      for (const layers of architectures) {
        for (const [kind, [file, read]] of Object.entries(FILES)) {
          pin(`${flow} ${layers.join('-')}, ${kind}`, async () => {
            const request = { flow, architecture: { layers }, seed: 7, steps: 2, ...file };
            return read(await service.networks(request), layers[0]!);
          });
        }
      }
    }
    for (const [flow, architecture] of Object.entries(SHIPPED_GRAPHS)) {
      pin(`${flow}, safetensors`, async () => {
        const file = { format: 'safetensors', inputScaling: 'separate' };
        const request = { flow, architecture, seed: 7, steps: 2, ...file };
        return pinnedSafetensors(await service.networks(request));
      });
    }
    for (const flow of ['wdbc', 'wdbc-thesis-euclidean']) {
      for (const [name, way] of Object.entries(WAYS)) {
        pin(`${flow} by ${name}`, async () => {
          const request = { flow, architecture: { layers: [30, 16, 16, 2] }, seed: 11, ...way };
          const file = { format: 'safetensors', inputScaling: 'separate' };
          return pinnedSafetensors(await service.networks({ ...request, ...file }));
        });
      }
    }
    pin('an archive of the command line', async () => {
      const job = ['--flow', 'wdbc', '--layers', '30,16,2', '--seed', '3', '--count', '3'];
      const out = scratch.at('networks.zip');
      await weightspringOk(['sample', ...job, '--steps', '2', '--device', 'cpu', '--out', out]);
      return pinnedFile(await readFile(out));
    });
    for (const format of ['onnx', 'safetensors', 'npz']) {
      pin(`an archive of the service, ${format}`, async () => {
        const request = { flow: 'wdbc', architecture: { layers: [30, 16, 2] }, seed: 3, count: 3 };
        return pinnedFile(await service.networks({ ...request, steps: 2, format }));
      });
    }
  });
});
