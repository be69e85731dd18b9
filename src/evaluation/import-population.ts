import type { Standardisation } from '../data/standardisation.js';
import { ensure, WeightspringError } from '../errors.js';
import { unfoldInputScaling } from '../formats/input-scaling.js';
import type { DenseLayer } from '../formats/import/chain-layers.js';
import type { NetworkFile } from '../formats/import/list-network-files.js';
import { readForeignFile } from '../formats/import/read-foreign-file.js';
import type {
  ForeignGraphNetwork,
  ForeignNetwork,
  ForeignPerceptron,
} from '../formats/import/foreign-network.js';
import {
  architecture,
  architectureKey,
  type Activation,
  type Architecture,
} from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { PacedWork, type Watcher } from '../pace.js';
import { VERSION } from '../package-info.js';
import { evaluateInPieces } from '../zoo/evaluate-networks.js';
import { taskMetrics, type PreparedTask } from '../zoo/prepared-task.js';
import { usualTraining } from '../zoo/usual-training.js';
import { Zoo, type FinalRecord, type ZooArchitecture, type ZooNetwork } from '../zoo/zoo.js';
import { checkArchitectures } from '../zoo/zoo-plan.js';

/**
 * What networks take: raw features x; features standardised by the training part, as networks of
 * zoos do; or `(x − mean) / scale` with one mean and scale for all features.
 */
export type ImportedInputs =
  'raw' | 'standardised' | { readonly mean: number; readonly scale: number };

export interface ImportOptions {
  /** Of files that do not tell. */
  readonly activation: Activation;
  /** Of files whose graph does not scale its inputs. */
  readonly inputs: ImportedInputs;
}

/**
 * A zoo of networks that were trained elsewhere, measured on a data set.
 *
 * @throws WeightspringError `data-corrupt` or `invalid-argument`, naming the file; `cancelled`
 */
export async function importPopulation(
  files: readonly NetworkFile[],
  task: PreparedTask,
  options: ImportOptions,
  watcher: Watcher = {},
): Promise<Zoo> {
  const work = new PacedWork(files.length, watcher);
  const architectures: (ZooArchitecture & { runs: number })[] = [];
  const networks: ZooNetwork[] = [];
  const finals: FinalRecord[] = [];
  for (const file of files) {
    const found = await readForeignFile(file, shapeOf(task));
    const { arch, weights } = naming(file, () => importedNetwork(found, task, options));
    const key = architectureKey(arch);
    let index = architectures.findIndex((own) => architectureKey(own.architecture) === key);
    if (index < 0) index = architectures.push({ architecture: arch, runs: 0 }) - 1;
    const own = architectures[index] as { runs: number };
    const place = { architecture: index, run: own.runs++ };
    const logits = await evaluateInPieces(arch, weights, task.features, work.pace);
    networks.push({ ...place, step: 0, isFinal: true, weights });
    finals.push({ ...place, ...taskMetrics(task, logits) });
    await work.advance();
  }
  checkArchitectures(architectures);
  const { task: name, sha256, labels, featureNames, classNames } = task;
  return new Zoo(
    {
      version: VERSION,
      task: name,
      data: {
        sha256,
        rows: labels.length,
        featureNames,
        classNames,
        ...(task.isBuiltIn ? {} : { descriptor: task.descriptor }),
      },
      split: task.splitOptions,
      standardisation: task.standardisation,
      architectures,
      training: usualTraining(
        task,
        architectures.map(({ architecture }) => architecture),
      ),
      seed: 0,
      engine: 'imported',
      isImported: true,
      alignment: null,
    },
    networks,
    finals,
  );
}

/** Errors of a file name it. */
function naming<T>({ name }: NetworkFile, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError(error.code, `'${name}': ${error.message}`, { cause: error });
  }
}

/** Features and classes of a data set. */
export function shapeOf({ featureNames, classNames }: PreparedTask) {
  return { inputs: featureNames.length, classes: classNames.length };
}

/** A network on standardised features. */
interface ImportedNetwork {
  readonly arch: Architecture;
  /** Flat. */
  readonly weights: Float32Array;
}

/**
 * The weights on standardised features that compute what a network of another program does.
 *
 * @throws WeightspringError `invalid-argument` where its first layer cannot absorb the difference
 */
export function importedNetwork(
  network: ForeignNetwork,
  task: Pick<PreparedTask, 'standardisation'>,
  options: ImportOptions,
): ImportedNetwork {
  return 'layers' in network
    ? importedPerceptron(network, task, options)
    : importedGraph(network, task, options);
}

/** How near 1 and 0 a scaling of standardised features has to be to be none, by rounding. */
const ROUNDING = 1e-5;

function importedGraph(
  { architecture: arch, weights, inputScaling }: ForeignGraphNetwork,
  task: Pick<PreparedTask, 'standardisation'>,
  { inputs }: ImportOptions,
): ImportedNetwork {
  if (inputScaling === null && inputs === 'standardised') return { arch, weights };
  const { mean, scale } = task.standardisation;
  const own = typeof inputs === 'object' && inputScaling === null ? inputs : { mean: 0, scale: 1 };
  const { factor, shift } = inputScaling ?? {
    factor: Float32Array.of(1 / own.scale),
    shift: Float32Array.of(-own.mean / own.scale),
  };
  const at = (values: Float32Array, i: number): number =>
    values[values.length === 1 ? 0 : i] as number;
  // Of standardised z, x = s z + m, so it takes a s z + a m + c.
  const relative = {
    mean: mean.map((value, i) => at(factor, i) * value + at(shift, i)),
    scale: scale.map((value, i) => at(factor, i) * value),
  };
  const isNone =
    relative.mean.every((value) => Math.abs(value) < ROUNDING) &&
    relative.scale.every((value) => Math.abs(value - 1) < ROUNDING);
  return { arch, weights: isNone ? weights : absorbed(arch, weights, relative) };
}

function absorbed(arch: Architecture, weights: Float32Array, by: Standardisation): Float32Array {
  try {
    return unfoldInputScaling(arch, weights, by);
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError(
      'invalid-argument',
      'its first layer cannot absorb the standardisation of the data set, since it reads zeros ' +
        'around images, or features of different scales, by the same weights: train it on ' +
        'standardised features',
      { cause: error },
    );
  }
}

function importedPerceptron(
  { layers, activation, scalesInputs = false }: ForeignPerceptron,
  task: Pick<PreparedTask, 'standardisation'>,
  options: ImportOptions,
): ImportedNetwork {
  const arch = architectureOf(layers, activation ?? options.activation);
  const flat = new Float32Array(networkOf(arch).parameters);
  let position = 0;
  for (const { weight, bias } of layers) {
    flat.set(weight, position);
    flat.set(bias, position + weight.length);
    position += weight.length + bias.length;
  }
  ensure(
    position === flat.length,
    'internal',
    () => `expected ${flat.length} weights, got ${position}`,
  );
  const inputs = scalesInputs ? 'raw' : options.inputs;
  if (inputs === 'standardised') return { arch, weights: flat };
  const { mean, scale } = inputs === 'raw' ? { mean: 0, scale: 1 } : inputs;
  // Of standardised z, x = s z + m, so it takes (s/scale) z + (m − mean)/scale.
  const { standardisation } = task;
  const relative = {
    mean: standardisation.mean.map((own) => (own - mean) / scale),
    scale: standardisation.scale.map((own) => own / scale),
  };
  return { arch, weights: unfoldInputScaling(arch, flat, relative) };
}

function architectureOf(layers: readonly DenseLayer[], activation: Activation): Architecture {
  return architecture(
    [layers[0]?.inputs ?? 0, ...layers.map(({ outputs }) => outputs)],
    activation,
  );
}
