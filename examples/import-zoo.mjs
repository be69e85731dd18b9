/**
 * Networks that were trained elsewhere, as a zoo that a flow learns from: what
 * `weightspring zoo import` does.
 *
 *     node examples/import-zoo.mjs [FILE.csv TARGET_COLUMN PATHS...]
 *
 * Without arguments: stand-ins for such networks, trained here on the two spirals.
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { architecture, architectureKey } from 'weightspring';
import {
  importZoo,
  loadTask,
  openDevice,
  OrtEngine,
  trainZooOn,
  writeZoo,
  zooRecipe,
} from 'weightspring/training';

const folder = await mkdtemp(join(tmpdir(), 'weightspring-import-'));
const [, , data, target = 'label', ...given] = argv;

const task = await loadTask(data === undefined ? 'spirals' : { data, target });
const paths = data === undefined ? [await trainElsewhere()] : given;
const { zoo, advice } = await importZoo(paths, task, { inputs: 'standardised' });
for (const line of advice) console.log(line);
zoo.architectures.forEach((arch, index) => {
  const accuracies = zoo.finalsOf(index).map(({ test }) => test.accuracy.toFixed(3));
  console.log(`${architectureKey(arch)}: ${accuracies.join(', ')}`);
});
const out = join(folder, 'imported.zoo');
await writeZoo(zoo, out);
console.log(`wrote ${out}: weightspring train --zoo ${out} --quick …`);

/** A folder of networks in the layout of PyTorch's `state_dict`, as safetensors. */
async function trainElsewhere() {
  const arch = architecture([2, 16, 2]);
  const { provider } = await openDevice('cpu');
  const { training } = zooRecipe('spirals');
  const runs = await trainZooOn(
    task,
    {
      architectures: [{ architecture: arch, runs: 4 }],
      training: { ...training, snapshots: { ignoreEpochs: 0, perRun: 1 } },
    },
    { engine: new OrtEngine({ provider }) },
  );
  for (const [index, { weights }] of runs.finalNetworksOf(0).entries()) {
    await writeFile(join(folder, `${index}.safetensors`), stateDict(weights));
  }
  return folder;
}

/**
 * Here a layer is its weights [in, out] and its biases; PyTorch has [out, in].
 *
 * @param {Float32Array} flat
 */
function stateDict(flat) {
  const tensors = /** @type {const} */ ([
    ['0.weight', flat.slice(0, 32), 2, 16],
    ['0.bias', flat.slice(32, 48), 1, 16],
    ['2.weight', flat.slice(48, 80), 16, 2],
    ['2.bias', flat.slice(80, 82), 1, 2],
  ]);
  let end = 0;
  const header = Object.fromEntries(
    tensors.map(([name, { byteLength }, inputs, outputs]) => {
      const shape = name.endsWith('bias') ? [outputs] : [outputs, inputs];
      const start = end;
      end += byteLength;
      return [name, { dtype: 'F32', shape, data_offsets: [start, end] }];
    }),
  );
  const head = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  const numbers = tensors.map(([, values, inputs, outputs]) =>
    Buffer.from(
      values.map((_, k) => values[(k % inputs) * outputs + Math.floor(k / inputs)] ?? 0).buffer,
    ),
  );
  return Buffer.concat([length, head, ...numbers]);
}
