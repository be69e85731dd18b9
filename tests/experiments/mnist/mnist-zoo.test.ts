import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMnistZoo } from '../../../src/experiments/mnist/mnist-zoo.js';
import { architecture, type Architecture } from '../../../src/network/architecture.js';
import { networkOf } from '../../../src/network/network.js';
import { Zoo, type ZooHeader } from '../../../src/zoo/zoo.js';
import { writeZoo } from '../../../src/zoo/zoo-file.js';
import { makeZoo, small } from '../../evaluation/spirals-zoo.js';

const example = makeZoo([[small, [new Float32Array(networkOf(small).parameters)]]]);
const usual = architecture([784, 10, 10]);

/** A zoo without networks: only what it says of itself matters here. */
function zooOf(architectures: readonly Architecture[], header: Partial<ZooHeader> = {}): Zoo {
  return new Zoo(
    {
      ...example.header,
      task: 'mnist',
      architectures: architectures.map((arch) => ({ architecture: arch, runs: 1 })),
      ...header,
    },
    [],
    [],
  );
}

describe('readMnistZoo', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-mnist-zoo-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const read = async (zoo: Zoo): Promise<Zoo> => {
    const path = join(folder, 'x.zoo');
    await writeZoo(zoo, path);
    return readMnistZoo(path);
  };

  it('takes a zoo of the usual networks as they were trained', async () => {
    expect((await read(zooOf([usual]))).architectures).toEqual([usual]);
  });

  it.each([
    ['another task', zooOf([usual], { task: 'fashion-mnist' }), /one of fashion-mnist/],
    ['other networks', zooOf([usual, architecture([784, 32, 10])]), /784-32-10\/relu/],
    [
      'aligned networks',
      zooOf([usual], { alignment: { method: 'weight-matching', record: {} } }),
      /aligned/,
    ],
  ])('refuses %s', async (_, zoo, message) => {
    const error: unknown = await read(zoo).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'invalid-argument', field: '--zoo' });
    expect(String(error)).toMatch(message);
  });
});
