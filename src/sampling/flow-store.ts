import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensure, WeightspringError } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { networkParameters } from '../flow/network-parameters.js';
import { formatShape, sameShape } from '../onnx/dim.js';
import type { OnnxModel } from '../onnx/graph.js';
import { floatsOf, storeInHalfPrecision } from '../onnx/half-precision.js';
import { decodeModel } from '../onnx/parse.js';
import { encodeModel } from '../onnx/serialize.js';
import { PACKAGE_NAME, VERSION } from '../package-info.js';
import { createVelocityNetwork } from '../velocity/create-velocity-network.js';
import type { DepthBounds, FlowBounds, FlowSummary } from './contracts.js';
import { parseFlowConfig, type FlowConfig } from './flow-config.js';
import { parseFlowFigures, type FlowFigure } from './flow-figures.js';
import { stepModel, velocityModel, type FlowParameters } from './flow-graphs.js';
import { storedStandardisation } from './input-scaling.js';
import { plannedOperations } from './planned-cost.js';
import { fewestSteps, servedDepths } from './served-region.js';

/** The files of a stored flow. */
export const FLOW_FILES = {
  model: 'flow.onnx',
  config: 'config.json',
  reference: 'reference.json',
  card: 'README.md',
  figures: 'figures.json',
} as const;

/** A flow with its parameters in memory. */
export interface StoredFlow {
  readonly config: FlowConfig;
  readonly parameters: FlowParameters;
  /** None before its card has been written. */
  readonly figures: readonly FlowFigure[];
}

/** A flow whose parameters are on disk, found sound. */
export interface OpenedFlow {
  readonly config: FlowConfig;
  readonly summary: FlowSummary;
  readonly parameterShapes: ReadonlyMap<string, readonly number[]>;
  /** @throws WeightspringError as {@link readFlow}, should the files have changed since */
  readonly readParameters: () => Promise<FlowParameters>;
}

/** How `flow.onnx` holds the parameters; computed with is always float32. */
export const STORAGE_TYPES = ['float32', 'float16'] as const;
export type StorageType = (typeof STORAGE_TYPES)[number];

export interface WriteFlowOptions {
  /**
   * Default `float32`. With `float16` the file takes half as much, and its networks are those of
   * parameters with three digits: measured in tests/sampling/flow-storage.test.ts.
   */
  readonly storage?: StorageType;
}

/**
 * Writes `flow.onnx` and `config.json`: the velocity network of the deepest architecture, which
 * uses every parameter, and what sampling needs beside it.
 *
 * @returns the configuration with the model's digest
 * @throws WeightspringError `invalid-argument` for parameters that the storage type cannot hold
 */
export async function writeFlow(
  folder: string,
  config: Omit<FlowConfig, 'sha256' | 'formatVersion'>,
  parameters: FlowParameters,
  { storage = 'float32' }: WriteFlowOptions = {},
): Promise<FlowConfig> {
  const deepest = Math.max(...createVelocityNetwork(config.velocity).served.depths);
  const model = velocityModel(config, parameters, deepest, {
    producer: PACKAGE_NAME,
    version: VERSION,
    flow: config.name,
  });
  const bytes = encodeModel(
    storage === 'float16' ? storeInHalfPrecision(model, new Set(parameters.keys())) : model,
  );
  const complete: FlowConfig = { formatVersion: 1, ...config, sha256: sha256(bytes) };
  await writeFileAtomic(join(folder, FLOW_FILES.model), bytes);
  await writeFileAtomic(join(folder, FLOW_FILES.config), `${JSON.stringify(complete, null, 2)}\n`);
  return complete;
}

/**
 * Checks a flow and keeps what is small of it: a service may have many flows, and needs the
 * parameters only for a moment, when it opens a session.
 *
 * @throws WeightspringError as {@link readFlow}
 */
export async function openFlow(folder: string): Promise<OpenedFlow> {
  const { config, parameters, figures } = await readFlow(folder);
  const shapes = [...parameters].map(([name, { shape }]) => [name, shape] as const);
  return {
    config,
    summary: summarise({ config, parameters, figures }),
    parameterShapes: new Map(shapes),
    readParameters: () => readParameters(folder, config).catch(changedSince(folder)),
  };
}

/**
 * Reads a flow and checks that its model is the one that its configuration names.
 *
 * @throws WeightspringError `not-found` without a `config.json`, `data-corrupt` or `model-invalid`
 * for damaged files
 */
export async function readFlow(folder: string): Promise<StoredFlow> {
  const config = await readFlowConfig(folder);
  const parameters = await readParameters(folder, config);
  return { config, parameters, figures: await readFigures(folder) };
}

async function readParameters(folder: string, config: FlowConfig): Promise<FlowParameters> {
  const path = join(folder, FLOW_FILES.model);
  const bytes = await readFile(path).catch((cause: unknown) => {
    const reason = `expected the flow's model at ${path}: ${String(cause)}`;
    throw new WeightspringError('data-corrupt', reason, { cause });
  });
  ensure(
    sha256(bytes) === config.sha256,
    'data-corrupt',
    () => `${path} is not the model that config.json names (SHA-256 ${config.sha256})`,
  );
  return parametersOf(decodeModel(bytes), config, path);
}

function changedSince(folder: string): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WeightspringError(
      'data-corrupt',
      `${folder} has changed since the flow was opened: restart the process (${reason})`,
      { cause },
    );
  };
}

/** The parameters of a flow's velocity network among the initialisers of its model. */
function parametersOf(
  { initializers }: OnnxModel,
  { velocity, geometry }: FlowConfig,
  path: string,
): FlowParameters {
  const byName = new Map(initializers.map((initializer) => [initializer.name, initializer]));
  return new Map(
    networkParameters(velocity, geometry).map(({ name, shape }) => {
      const stored = byName.get(name);
      const data = stored === undefined ? undefined : floatsOf(stored);
      ensure(
        stored !== undefined && data !== undefined && sameShape(stored.shape, shape),
        'model-invalid',
        () =>
          `${path}: expected a parameter '${name}' ${formatShape(shape)}, got ` +
          `${stored === undefined ? 'none' : formatShape(stored.shape)}: it and config.json do ` +
          'not belong together',
      );
      return [name, { shape, data }];
    }),
  );
}

async function readFigures(folder: string): Promise<readonly FlowFigure[]> {
  const path = join(folder, FLOW_FILES.figures);
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? [] : parseFlowFigures(text, path);
}

/** The configuration alone: all that a list of flows needs. */
export async function readFlowConfig(folder: string): Promise<FlowConfig> {
  const path = join(folder, FLOW_FILES.config);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new WeightspringError('not-found', `expected a flow with ${path}: ${String(cause)}`, {
      cause,
      field: 'flow',
    });
  }
  return parseFlowConfig(text, path);
}

/** The folders below `modelsDir` that hold a flow, by name. */
export async function listFlows(modelsDir: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(modelsDir, { withFileTypes: true }).catch((cause: unknown) => {
    throw new WeightspringError(
      'not-found',
      `expected a folder of flows at '${modelsDir}' (${String(cause)}): pass --models-dir`,
      { cause },
    );
  });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const flows = new Map<string, string>();
  for (const folder of folders.sort()) {
    const path = join(modelsDir, folder);
    const names = await readdir(path);
    if (names.includes(FLOW_FILES.config)) flows.set(folder, path);
  }
  return flows;
}

/** What callers may know of a flow. */
function summarise({ config, parameters, figures }: StoredFlow): FlowSummary {
  const { mean, scale } = storedStandardisation(config.standardisation);
  const depths = servedDepths(config, figures, config.steps.default);
  return {
    name: config.name,
    description: config.description,
    task: config.task,
    geometry: config.geometry,
    velocity: config.velocity.kind,
    parameters: [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0),
    inputs: config.velocity.inputs,
    outputs: config.velocity.outputs,
    activations: config.activations,
    featureNames: config.featureNames,
    inputMean: mean,
    inputScale: scale,
    classNames: config.classNames,
    bounds: servedBounds(config, depths),
    steps: { min: fewestSteps(figures, config.steps.default), ...config.steps },
    operations: operationsByDepth(config, parameters, depths),
    solver: config.solver,
    timeGrid: config.timeGrid,
    stochasticity: config.stochasticity,
    architectures: config.architectures,
    figures,
    sha256: config.sha256,
  };
}

function servedBounds(config: FlowConfig, depths: readonly DepthBounds[]): FlowBounds {
  const hiddenLayers = depths.map((own) => own.hiddenLayers);
  ensure(
    depths.length > 0,
    'model-invalid',
    () =>
      `flow ${config.name} has scales for none of its ${config.bounds.hiddenLayers.min} to ` +
      `${config.bounds.hiddenLayers.max} hidden layers: its config.json is incomplete`,
  );
  return {
    hiddenLayers: { min: Math.min(...hiddenLayers), max: Math.max(...hiddenLayers) },
    width: {
      min: Math.min(...depths.map(({ width }) => width.min)),
      max: Math.max(...depths.map(({ width }) => width.max)),
    },
    totalWeights: config.bounds.totalWeights,
    depths,
  };
}

function operationsByDepth(
  config: FlowConfig,
  parameters: FlowParameters,
  depths: readonly DepthBounds[],
): FlowSummary['operations'] {
  return Object.fromEntries(
    depths.map(({ hiddenLayers }) => [
      hiddenLayers,
      plannedOperations(stepModel(config, 'euler', parameters, hiddenLayers)),
    ]),
  );
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
