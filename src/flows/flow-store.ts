import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { ensure, WeightspringError } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { readRegularFile } from '../files/read-regular-file.js';
import { formatShape, sameShape } from '../onnx/dim.js';
import type { OnnxModel } from '../onnx/graph.js';
import { floatsOf, storeInHalfPrecision } from '../onnx/half-precision.js';
import { decodeModel } from '../onnx/parse.js';
import { encodeModel } from '../onnx/serialize.js';
import { structureBytes } from '../onnx/structure-bytes.js';
import { PACKAGE_NAME, VERSION } from '../package-info.js';
import type { ParameterSpec } from '../ops/tensor-ops.js';
import { hiddenCount } from '../network/point-layout.js';
import { drawnFamilyKey, flowFamilies } from './flow-families.js';
import { createVelocityNetwork } from '../velocity/create-velocity-network.js';
import { deepestFamily } from '../velocity/served-families.js';
import type { DepthBounds, FlowBounds, FlowSummary } from './flow-summary.js';
import { COORDINATES_FILE, encodeCoordinates, readCoordinates } from './coordinates-file.js';
import { encodeNovelty, NOVELTY_FILE, readNovelty } from './novelty-file.js';
import { FlowNovelty } from './flow-novelty.js';
import type { KeptRuns } from './kept-networks.js';
import type { Coordinates, CoordinateTensors } from '../flow/coordinates.js';
import { coordinatesOf, type FlowConfig } from './flow-config.js';
import { parseFlowConfig } from './parse-flow-config.js';
import { parseFlowCard, type FlowCard, type FlowFigure } from './flow-figures.js';
import { stepModel, velocityModel, type FlowParameters } from './flow-graphs.js';
import { storedStandardisation } from '../data/standardisation.js';
import { plannedOperations } from './planned-operations.js';
import { fewestSteps, mostSteps, servedDepths } from './served-region.js';
import { usualArchitecture } from './usual-architecture.js';
import { boundedParameters, MAX_PARAMETERS } from './velocity-schema.js';

/** The files of a stored flow. */
export const FLOW_FILES = {
  model: 'flow.onnx',
  coordinates: COORDINATES_FILE,
  novelty: NOVELTY_FILE,
  config: 'config.json',
  reference: 'reference.json',
  card: 'README.md',
  figures: 'figures.json',
} as const;

/** Most bytes of a model besides its parameters: shipped ones have about 50 kB. */
const MAX_STRUCTURE = 2 ** 22;
/** Largest files that are read, in bytes. */
const MAX_BYTES = {
  model: 4 * MAX_PARAMETERS + MAX_STRUCTURE,
  config: 2 ** 22,
  figures: 2 ** 20,
};

/** A flow with its parameters in memory. */
export interface StoredFlow {
  readonly config: FlowConfig;
  readonly coordinates: Coordinates;
  readonly parameters: FlowParameters;
  /** Empty before its card has been written. */
  readonly figures: readonly FlowFigure[];
}

/** A checked flow whose parameters are on disk. */
export interface OpenedFlow {
  readonly config: FlowConfig;
  /** SHA-256 of `config.json`, hexadecimal: equal for flows that give equal networks. */
  readonly configSha256: string;
  readonly summary: FlowSummary;
  readonly coordinates: Coordinates;
  /** How far networks lie from the trained ones that the flow keeps. */
  readonly novelty: FlowNovelty;
  readonly parameterShapes: ReadonlyMap<string, readonly number[]>;
  /** @throws WeightspringError `flow-changed` if the files have changed since */
  readonly readParameters: () => Promise<FlowParameters>;
}

/** Storage type of the parameters in `flow.onnx`; computation is always in float32. */
export const STORAGE_TYPES = ['float32', 'float16'] as const;
export type StorageType = (typeof STORAGE_TYPES)[number];

export interface WriteFlowOptions {
  /**
   * Default `float32`. `float16` halves the file and rounds the parameters to three digits; effects
   * are measured in tests/flows/flow-storage.test.ts.
   */
  readonly storage?: StorageType;
  /** Tensors of the input metric and the prior. Default: none. */
  readonly coordinates?: CoordinateTensors;
  /** What it keeps of its zoo. Default: nothing, and its networks have no novelty certificate. */
  readonly novelty?: KeptRuns | undefined;
}

/**
 * Writes `flow.onnx`, the velocity network of the deepest architecture, which uses every parameter;
 * `config.json`; for an input metric or a matched prior `coordinates.safetensors`; and
 * `novelty.safetensors` if there are runs to keep.
 *
 * @returns the configuration with the model's digest
 * @throws WeightspringError `invalid-argument` for parameters that the storage type cannot hold
 */
export async function writeFlow(
  folder: string,
  config: Omit<FlowConfig, 'sha256' | 'formatVersion' | 'coordinatesSha256' | 'noveltySha256'>,
  parameters: FlowParameters,
  { storage = 'float32', coordinates = {}, novelty }: WriteFlowOptions = {},
): Promise<FlowConfig> {
  const deepest = deepestFamily(createVelocityNetwork(config.velocity).served);
  const model = velocityModel(config, parameters, deepest, {
    producer: PACKAGE_NAME,
    version: VERSION,
    flow: config.name,
  });
  const bytes = encodeModel(
    storage === 'float16' ? storeInHalfPrecision(model, new Set(parameters.keys())) : model,
  );
  const tensors = encodeCoordinates(config, coordinates);
  const runs = novelty === undefined ? null : encodeNovelty(novelty);
  const complete: FlowConfig = {
    formatVersion: 1,
    ...config,
    ...(tensors === null ? {} : { coordinatesSha256: sha256(tensors) }),
    ...(runs === null ? {} : { noveltySha256: sha256(runs) }),
    sha256: sha256(bytes),
  };
  const text = `${JSON.stringify(complete, null, 2)}\n`;
  // Check now that it can be read, instead of leaving that to whoever serves it.
  parseFlowConfig(text, FLOW_FILES.config);
  await writeFileAtomic(join(folder, FLOW_FILES.model), bytes);
  if (tensors !== null) await writeFileAtomic(join(folder, FLOW_FILES.coordinates), tensors);
  if (runs !== null) await writeFileAtomic(join(folder, FLOW_FILES.novelty), runs);
  await writeFileAtomic(join(folder, FLOW_FILES.config), text);
  return complete;
}

/**
 * Checks a flow and keeps everything but its parameters: a service may have many flows, and needs the
 * parameters only while it opens a session.
 *
 * @throws WeightspringError as {@link readFlow}
 */
export async function openFlow(folder: string): Promise<OpenedFlow> {
  const { config, configSha256 } = await readConfig(folder);
  const parameters = await readParameters(folder, config);
  const coordinates = coordinatesOf(config, await readCoordinates(folder, config));
  const kept = await readNovelty(folder, config, coordinates);
  const { figures } = await readFlowCard(folder);
  const shapes = [...parameters].map(([name, { shape }]) => [name, shape] as const);
  return {
    config,
    configSha256,
    summary: summarise({ config, parameters, figures }, configSha256),
    coordinates,
    novelty: new FlowNovelty(config, kept, coordinates.inputMetric),
    parameterShapes: new Map(shapes),
    readParameters: () =>
      readParameters(folder, config).catch((cause: unknown) => {
        throw flowChanged(config.name, { cause });
      }),
  };
}

/**
 * Reads a flow and checks that its model is the one that its configuration names.
 *
 * @throws WeightspringError `not-found` for a missing file, `data-corrupt` or
 *   `model-invalid` for damaged files, `too-large` for a velocity network beyond what can be served
 */
export async function readFlow(folder: string): Promise<StoredFlow> {
  const { config } = await readConfig(folder);
  const parameters = await readParameters(folder, config);
  const coordinates = coordinatesOf(config, await readCoordinates(folder, config));
  const { figures } = await readFlowCard(folder);
  return { config, coordinates, parameters, figures };
}

/** The flow on disk is not the one that a job was planned with. */
export function flowChanged(name: string, options: ErrorOptions = {}): WeightspringError {
  return new WeightspringError(
    'flow-changed',
    `flow ${name} was replaced on disk: ask again; if that does not help, the flows have to be ` +
      'reloaded (SIGHUP or POST /v1/flows/reload)',
    { ...options, field: 'flow', retryAfterSeconds: 5 },
  );
}

async function readParameters(folder: string, config: FlowConfig): Promise<FlowParameters> {
  const path = join(folder, FLOW_FILES.model);
  // Before reading the file: it may be larger than any file that is read.
  const specs = boundedParameters(config.velocity, config.geometry, config.flowMap);
  const bytes = await readRegularFile(path, MAX_BYTES.model, { what: "a flow's model" });
  ensure(
    sha256(bytes) === config.sha256,
    'data-corrupt',
    () => `${path} is not the model that config.json names (SHA-256 ${config.sha256})`,
  );
  const structure = structureBytes(bytes);
  ensure(
    structure <= MAX_STRUCTURE,
    'model-invalid',
    () => `expected ${path} to hold ${MAX_STRUCTURE} bytes beside its parameters, got ${structure}`,
  );
  return parametersOf(decodeModel(bytes), specs, path);
}

/** The parameters of a flow's velocity network among the initialisers of its model. */
function parametersOf(
  { initializers }: OnnxModel,
  specs: readonly ParameterSpec[],
  path: string,
): FlowParameters {
  const byName = new Map(initializers.map((initializer) => [initializer.name, initializer]));
  return new Map(
    specs.map(({ name, shape }) => {
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
      ensure(
        data.every(Number.isFinite),
        'model-invalid',
        () => `${path}: expected finite numbers, got others in parameter '${name}'`,
      );
      return [name, { shape, data }];
    }),
  );
}

/**
 * The card of a flow; without figures before it has been written.
 *
 * @throws WeightspringError `data-corrupt`
 */
export async function readFlowCard(folder: string): Promise<FlowCard> {
  const path = join(folder, FLOW_FILES.figures);
  try {
    return parseFlowCard((await readRegularFile(path, MAX_BYTES.figures)).toString(), path);
  } catch (error) {
    if (error instanceof WeightspringError && error.code === 'not-found') {
      return { figures: [], scrutinies: [] };
    }
    throw error;
  }
}

/** Only the configuration, which is enough to list flows. */
export async function readFlowConfig(folder: string): Promise<FlowConfig> {
  return (await readConfig(folder)).config;
}

/** @throws WeightspringError `data-corrupt`, also if the folder does not have the flow's name */
export async function readConfig(
  folder: string,
): Promise<Pick<OpenedFlow, 'config' | 'configSha256'>> {
  const path = join(folder, FLOW_FILES.config);
  const bytes = await readRegularFile(path, MAX_BYTES.config, {
    what: "a flow's configuration",
  });
  const config = parseFlowConfig(bytes.toString(), path);
  const folderName = basename(resolve(folder));
  ensure(
    config.name === folderName,
    'data-corrupt',
    () =>
      `${path} names the flow '${config.name}' in a folder '${folderName}': a flow is found by ` +
      'its folder, which must have its name',
  );
  return { config, configSha256: sha256(bytes) };
}

/** The public facts of a flow. */
function summarise(
  { config, parameters, figures }: Omit<StoredFlow, 'coordinates'>,
  configSha256: string,
): FlowSummary {
  const { mean, scale } = storedStandardisation(config.standardisation);
  const depths = servedDepths(config, figures, config.steps.default);
  return {
    name: config.name,
    description: config.description,
    task: config.task,
    ...(config.data === undefined ? {} : { data: config.data }),
    geometry: config.geometry,
    velocity: config.velocity.kind,
    parameters: [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0),
    inputs: config.featureNames.length,
    outputs: config.velocity.outputs,
    activations: config.activations,
    featureNames: config.featureNames,
    inputMean: mean,
    inputScale: scale,
    classNames: config.classNames,
    bounds: servedBounds(config, depths),
    steps: {
      min: fewestSteps(figures, config.steps.default),
      default: config.steps.default,
      max: mostSteps(figures, config.steps),
    },
    operations: operationsByFamily(config, parameters),
    solver: config.solver,
    timeGrid: config.timeGrid,
    stochasticity: config.stochasticity,
    architectures: config.architectures,
    usualArchitecture: usualArchitecture(config),
    figures,
    sha256: config.sha256,
    configSha256,
  };
}

function servedBounds(config: FlowConfig, depths: readonly DepthBounds[]): FlowBounds {
  const hiddenLayers = depths.map((depth) => depth.hiddenLayers);
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

function operationsByFamily(
  config: FlowConfig,
  parameters: FlowParameters,
): FlowSummary['operations'] {
  const { min, max } = config.bounds.hiddenLayers;
  return Object.fromEntries(
    flowFamilies(config)
      .filter((family) => hiddenCount(family) >= min && hiddenCount(family) <= max)
      .map((family) => [
        drawnFamilyKey(config, family),
        plannedOperations(stepModel(config, 'euler', parameters, family)),
      ]),
  );
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
