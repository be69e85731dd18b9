import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import * as ort from 'onnxruntime-node';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfiguration } from '../server/configuration.js';
import { startServer, type RunningServer } from '../server/server.js';
import { SamplerPool } from '../src/pool/pool.js';
import { spirals } from '../src/data/spirals.js';
import { prepareTask } from '../src/zoo/prepared-task.js';
import { COMPILED_WORKER, weightspringOk } from './support/compiled.js';

/** Two balanced classes: what a network that knows nothing gets. */
const CHANCE = 0.5;
/** What the commands of the README train, with fewer networks, neurons and updates. */
const LAYERS = [2, 64, 2];
const MARGIN_OF_ONE = 0.3;
const MARGIN_OF_ALL = 0.4;
const SAMPLES = 32;
const REQUEST = { flow: 'spirals', architecture: { layers: LAYERS }, seed: 7 };

describe('from a task to a served classifier', { timeout: 180_000 }, () => {
  let folder: string;
  let server: RunningServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-end-to-end-'));
    const at = (name: string): string => join(folder, name);
    const modelsDir = at('models');
    await weightspringOk([
      ...['zoo', 'train', '--task', 'spirals', '--architectures', `${LAYERS.join()}:16`],
      ...['--out', at('raw.zoo')],
    ]);
    await weightspringOk(['zoo', 'align', at('raw.zoo'), '--pairs', '2', '--out', at('zoo.zoo')]);
    await weightspringOk([
      ...['train', '--zoo', at('zoo.zoo'), '--name', 'spirals', '--run-dir', at('run')],
      ...['--out', join(modelsDir, 'spirals'), '--quick', '--steps', '800'],
    ]);
    server = await startServer(readConfiguration({ port: '0', modelsDir }, {}), {
      log: () => undefined,
      openSource: () => SamplerPool.start({ modelsDir, workers: 1, workerPath: COMPILED_WORKER }),
    });
  }, 180_000);

  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The file that answers a request. */
  async function post(body: object): Promise<Buffer> {
    const answer = await request(server.url)
      .post('/v1/networks')
      .responseType('blob')
      .send(body)
      .expect(200);
    return answer.body as Buffer;
  }

  it('beats chance by 30 points with one network and by 40 with their mean', async () => {
    const archive = await post({ ...REQUEST, count: SAMPLES });
    const files = Object.entries(unzipSync(archive)).filter(([name]) => name.endsWith('.onnx'));
    expect(files).toHaveLength(SAMPLES);

    const { features, labels } = heldOut();
    const accuracies: number[] = [];
    const mean = new Float64Array(2 * labels.length);
    for (const [, bytes] of files) {
      const { label, probabilities } = await classify(bytes, features);
      accuracies.push(accuracy(label, labels));
      probabilities.forEach((p, i) => (mean[i] = mean[i]! + p / SAMPLES));
    }
    const together = labels.map((_, row) => (mean[2 * row + 1]! > mean[2 * row]! ? 1 : 0));
    const meanAccuracy = accuracies.reduce((sum, value) => sum + value, 0) / SAMPLES;
    console.info(
      `held-out accuracy: ${meanAccuracy.toFixed(3)} of one network, ` +
        `${accuracy(together, labels).toFixed(3)} of ${SAMPLES} together`,
    );
    expect(meanAccuracy).toBeGreaterThan(CHANCE + MARGIN_OF_ONE);
    expect(accuracy(together, labels)).toBeGreaterThan(CHANCE + MARGIN_OF_ALL);
  });

  it('serves the first network of a seed also by itself, and again by its id', async () => {
    const alone = await post(REQUEST);
    const first = unzipSync(await post({ ...REQUEST, count: 3 }))[
      `spirals-${LAYERS.join('-')}-seed7-0.onnx`
    ];
    expect(Buffer.compare(alone, first!)).toBe(0);
    const id = createHash('sha256').update(first!).digest('hex');
    const again = await request(server.url)
      .get(`/v1/networks/${id}`)
      .responseType('blob')
      .expect(200);
    expect(Buffer.compare(again.body as Buffer, first!)).toBe(0);
  });

  it('answers an architecture that no network was trained at, and refuses one out of bounds', async () => {
    const body = await post({ ...REQUEST, architecture: { layers: [2, 48, 2] } });
    const { features, labels } = heldOut();
    expect((await classify(body, features)).label).toHaveLength(labels.length);
    await request(server.url)
      .post('/v1/networks')
      .send({ ...REQUEST, architecture: { layers: [2, 64, 64, 2] } })
      .expect(422)
      .expect('content-type', /application\/problem\+json/);
  });
});

/** The raw rows of the spirals that no network was trained on. */
function heldOut(): { features: Float32Array; labels: number[] } {
  const { features } = spirals();
  const { split, labels } = prepareTask(spirals());
  const rows = Array.from(split.test);
  return {
    features: Float32Array.from(
      rows.flatMap((row) => [features[2 * row]!, features[2 * row + 1]!]),
    ),
    labels: rows.map((row) => labels[row]!),
  };
}

async function classify(
  bytes: Uint8Array,
  features: Float32Array,
): Promise<{ label: number[]; probabilities: Float32Array }> {
  const session = await ort.InferenceSession.create(bytes);
  try {
    const input = new ort.Tensor('float32', features, [features.length / 2, 2]);
    const outputs = await session.run({ input });
    return {
      label: Array.from(outputs.label!.data as BigInt64Array, Number),
      probabilities: outputs.probabilities!.data as Float32Array,
    };
  } finally {
    await session.release();
  }
}

function accuracy(decided: readonly number[], labels: readonly number[]): number {
  return decided.filter((label, row) => label === labels[row]).length / labels.length;
}
