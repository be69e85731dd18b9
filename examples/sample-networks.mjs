/**
 * New networks from a flow that ships, and an ensemble of them: what `weightspring sample` and
 * `weightspring ensemble` do.
 *
 *     node examples/sample-networks.mjs
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { DEFAULT_MODELS_DIR, ensembleOfFiles, sampleNetworks, SamplerPool } from 'weightspring';

const folder = await mkdtemp(join(tmpdir(), 'weightspring-sample-'));

// Networks are drawn in child processes, so that this one stays responsive.
const pool = await SamplerPool.start({ modelsDir: DEFAULT_MODELS_DIR, workers: 1 });
const [flow] = pool.flows().filter(({ name }) => name === 'wdbc');
if (flow === undefined) throw new Error('no such flow');

// Each call with the same seed gives the same networks; they take raw features.
const paths = [];
for await (const network of sampleNetworks(pool, { flow: flow.name, seed: 7, count: 8 })) {
  const path = join(folder, `network-${network.index}.onnx`);
  await writeFile(path, network.bytes);
  paths.push(path);
  const { noveltyRatio, noveltyRuns } = network.metadata;
  console.log(`${path}: ${noveltyRatio} of the distance between ${noveltyRuns} trained ones`);
}
await pool.close();

const { bytes } = await ensembleOfFiles(paths);
const session = await InferenceSession.create(bytes);
const average = new Tensor('float32', Float32Array.from(flow.inputMean), [1, flow.inputs]);
const { probabilities, entropy, mutualInformation } = await session.run({ input: average });
console.log(
  `of the average row, ${flow.classNames.join(' or ')}: ${probabilities?.data.join(', ')}`,
);
console.log(`entropy ${entropy?.data[0]}, of it disagreement ${mutualInformation?.data[0]}`);
