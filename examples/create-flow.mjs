/**
 * A flow of your own data, from a table to a network that nobody has trained: what
 * `weightspring create` does.
 *
 *     node examples/create-flow.mjs [FILE.csv TARGET_COLUMN [MINUTES]]
 *
 * Without arguments: a small table of points, in seconds.
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { sampleNetworks, WeightspringError } from 'weightspring';
import { createFlow, loadTask, openDevice, OrtEngine, Sampler } from 'weightspring/training';

const folder = await mkdtemp(join(tmpdir(), 'weightspring-create-'));
const [, , data = await writePoints(), target = 'colour', minutes = '0.1'] = argv;
const modelsDir = join(folder, 'models');

const task = await loadTask({ data, target }, { tell: console.log });
const { provider } = await openDevice('auto');
const created = await createFlow('mine', task, {
  modelsDir,
  runDir: join(folder, 'run'),
  engine: new OrtEngine({ provider }),
  minutes: Number(minutes),
});
console.log(`${created.architecture} on test rows, each and as an average of all`);
for (const who of /** @type {const} */ (['trained', 'generated'])) {
  const { networks, accuracy, averaged } = created[who];
  console.log(`${networks} ${who}: ${accuracy.toFixed(3)}, ${averaged.accuracy.toFixed(3)}`);
}
console.log(`logistic regression: ${created.logistic.accuracy.toFixed(3)}`);

// Draws in this process; a service takes the same folder: weightspring serve --models-dir FOLDER.
const sampler = await Sampler.open({ modelsDir });
const request = /** @type {const} */ ({ flow: 'mine', seed: 7, ensemble: 16 });
try {
  for await (const { bytes, metadata } of sampleNetworks(sampler, request)) {
    const path = join(folder, 'ensemble.onnx');
    await writeFile(path, bytes);
    console.log(`${path} takes ${metadata.featureNames} and tells ${metadata.classNames}`);
  }
} catch (error) {
  if (!(error instanceof WeightspringError)) throw error;
  // What was measured to fail is not given out.
  console.log(`${error.message}: give it more minutes`);
} finally {
  await sampler.close();
}

/** Points in two clouds, which take little to learn. */
async function writePoints() {
  const rows = Array.from({ length: 300 }, (_, row) => {
    const [colour, centre] = row % 2 === 0 ? ['red', 1] : ['blue', -1];
    // Evenly over a square around the centre, and the same in every run.
    const at = [0.7549, 0.5698].map((step) => centre + 1.6 * (((row * step) % 1) - 0.5));
    return [...at.map((value) => value.toFixed(3)), colour].join(',');
  });
  const path = join(folder, 'points.csv');
  await writeFile(path, ['x,y,colour', ...rows, ''].join('\n'));
  return path;
}
