import type { Activation, Architecture } from '../architecture/architecture.js';
import type { Device, DeviceChoice } from '../devices/device.js';
import type { Solver } from '../flow/solvers/solver.js';
import type { TimeGrid } from '../flow/solvers/time-grid.js';
import type { Stochasticity } from '../flow/stochasticity.js';
import type { Dim } from '../onnx/dim.js';
import type { FlowFigure } from './flow-figures.js';
import type { SamplingOptions } from './sampling-options.js';

/** File formats of a generated network. `onnx` is a classifier; the others hold its weights only. */
export const NETWORK_FORMATS = ['onnx', 'safetensors', 'npz'] as const;
export type NetworkFormat = (typeof NETWORK_FORMATS)[number];

/**
 * What the network of a file takes: `folded` is raw features, `separate` features that its user has
 * standardised, `(x − mean) / scale`.
 */
export const INPUT_SCALINGS = ['folded', 'separate'] as const;
export type InputScaling = (typeof INPUT_SCALINGS)[number];

/** One run of the sampler: `count` networks of one architecture from one seed. */
export interface SampleJob extends SamplingOptions {
  /** Name of a flow in the models directory. */
  readonly flow: string;
  readonly architecture: Architecture;
  /** Integer in [0, 2⁵³). */
  readonly seed: number;
  /** Index of the first network: network k of a seed is the same whatever is drawn beside it. */
  readonly firstIndex: number;
  readonly count: number;
  readonly format: NetworkFormat;
  /** Always `folded` for ONNX, whose graph standardises the features. */
  readonly inputScaling: InputScaling;
  /**
   * {@link FlowSummary.configSha256} of the flow that the job was planned with: no other version of
   * it answers. Default: the version that the sampler has.
   */
  readonly configSha256?: string;
}

/** The part of a job that decides the weights: the rest is how they become files. */
export type DrawJob = Omit<SampleJob, 'format' | 'inputScaling'>;

/** Widths of hidden layers. */
export interface WidthRange {
  readonly min: number;
  readonly max: number;
}

/** What a flow serves at one number of hidden layers, with one activation. */
export interface DepthBounds {
  readonly hiddenLayers: number;
  readonly activation: Activation;
  /** Narrowest and widest hidden layer of the zoo: its hull. Null where the zoo has none such. */
  readonly zoo: WidthRange | null;
  /** What is served; networks beyond `zoo` are marked as extrapolated. */
  readonly width: WidthRange;
}

/** Architectures that a flow serves; those where its figures show a failure are refused all the same. */
export interface FlowBounds {
  readonly hiddenLayers: { readonly min: number; readonly max: number };
  /** Width of each hidden layer, over all depths. */
  readonly width: WidthRange;
  /** Weights and biases of one network. */
  readonly totalWeights: { readonly max: number };
  readonly depths: readonly DepthBounds[];
}

/** An architecture of the flow's zoo, with what was measured there. */
export interface TrainedArchitecture {
  readonly layers: readonly number[];
  readonly activation: Activation;
  /** Independent training runs. */
  readonly runs: number;
  /** Mean held-out accuracy of their final networks, as a fraction. */
  readonly accuracy: number;
}

/** What a caller may know of a flow before asking it for networks. */
export interface FlowSummary {
  readonly name: string;
  readonly description: string;
  /** The data set or toy task that its zoo was trained on. */
  readonly task: string;
  readonly geometry: string;
  /** Kind of velocity network: `neuron-transformer`, `relational-transformer`, `pna` or `mlp`. */
  readonly velocity: string;
  /** Parameters of the velocity network. */
  readonly parameters: number;
  /** d_0 of every architecture it serves. */
  readonly inputs: number;
  /** d_L of every architecture it serves. */
  readonly outputs: number;
  readonly activations: readonly Activation[];
  readonly featureNames: readonly string[];
  /** Per feature: its networks work on `(x − inputMean) / inputScale`. */
  readonly inputMean: readonly number[];
  readonly inputScale: readonly number[];
  readonly classNames: readonly string[];
  readonly bounds: FlowBounds;
  readonly steps: { readonly min: number; readonly default: number; readonly max: number };
  /**
   * Planned operations of one evaluation of the velocity network, by number of hidden layers: a
   * polynomial in `batch`, the networks that are evaluated at once, and the widths `h1`, `h2`, …
   */
  readonly operations: Readonly<Record<string, Dim>>;
  /** The solver, time grid and noise of a request that does not say otherwise. */
  readonly solver: Solver;
  readonly timeGrid: TimeGrid;
  readonly stochasticity: Stochasticity;
  readonly architectures: readonly TrainedArchitecture[];
  /** Measured on generated networks; empty before the flow's card has been written. */
  readonly figures: readonly FlowFigure[];
  /** Digest of `flow.onnx`, hexadecimal. */
  readonly sha256: string;
  /** Digest of `config.json`, which names that of `flow.onnx`: equal for flows that answer equally. */
  readonly configSha256: string;
}

/** An entry of the models folder that is not served. */
export interface RefusedFlow {
  /** Of its folder. */
  readonly name: string;
  readonly reason: string;
}

/** What a models folder holds. */
export interface FlowCatalogue {
  readonly flows: readonly FlowSummary[];
  readonly refused: readonly RefusedFlow[];
}

/** How the flows differ from those before, by name. */
export interface FlowChanges {
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  readonly removed: readonly string[];
  readonly refused: readonly RefusedFlow[];
}

/** One generated network as a complete file. */
export interface GeneratedNetwork {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Digest of `bytes`, hexadecimal. */
  readonly sha256: string;
  /** The same keys and values as the file's own metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What one evaluation may hold, in bytes, where nobody says otherwise. */
export const DEFAULT_MEMORY_BYTES = 2 ** 30;

/** How a sampler is opened, in this process or in a worker. */
export interface SamplerOptions {
  readonly modelsDir: string;
  /** Most threads of one evaluation on the CPU; small ones get one. Default: one per core. */
  readonly threads?: number;
  /** Where to compute; default `cpu`. What cannot be used gives way to the CPU. */
  readonly device?: DeviceChoice;
  /**
   * What one evaluation of a velocity network may hold, in bytes, beside the sessions and the
   * finished networks; default {@link DEFAULT_MEMORY_BYTES}. Batches are cut to keep it, and a
   * network that does not fit alone is refused.
   */
  readonly memoryBytes?: number;
  /** Open the sessions of the commonest jobs at once, so that these do not wait; default false. */
  readonly warm?: boolean;
}

/** A job of a batch. */
export interface BatchedJob {
  readonly job: SampleJob;
  readonly signal?: AbortSignal | undefined;
}

/** How the job at a position of a batch fared: its networks, or what was thrown. */
export type BatchOutcome =
  | { readonly position: number; readonly networks: readonly GeneratedNetwork[] }
  | { readonly position: number; readonly error: unknown };

/** What a worker needs of a sampler; `sampler.ts` is the real one. */
export interface NetworkSampler {
  readonly device: Device;
  flows(): readonly FlowSummary[];
  refused(): readonly RefusedFlow[];
  /**
   * Runs jobs of one {@link batchKey} together: each gets the networks that it would get alone, or
   * its own error, as soon as it is complete. It yields to the event loop between steps, so that a
   * cancellation can arrive.
   */
  sampleTogether(batch: readonly BatchedJob[]): AsyncIterable<BatchOutcome>;
  close(): Promise<void>;
}

/** Many networks in one zip file. */
export interface NetworkArchive {
  readonly bytes: Uint8Array;
  /** Digest of `bytes`, hexadecimal. */
  readonly sha256: string;
}

/** The state of a pool at one moment. */
export interface PoolHealth {
  /** Workers that have loaded the flows and take jobs. */
  readonly alive: number;
  readonly busy: number;
  /** Jobs that wait for a worker. */
  readonly queued: number;
  readonly closing: boolean;
}

/** Generates networks outside the calling thread. */
export interface NetworkSource {
  flows(): readonly FlowSummary[];
  /** What the models folder holds that is not served. */
  refused(): readonly RefusedFlow[];
  /**
   * Reads the models folder again; jobs that have been accepted keep the flows that they were
   * planned with. Callers that share a turn get the same object, or the same error.
   *
   * @throws WeightspringError `reload-failed` when the folder cannot be read: the flows of before
   *   stay
   */
  reload(): Promise<FlowChanges>;
  /** Where the networks are computed; one that stands in for another where any worker has such. */
  device(): Device;
  /**
   * @throws WeightspringError `overloaded` when too many jobs wait, `cancelled` after `signal`
   *   aborts, `job-timeout` when the job takes too long, `worker-lost` when two processes ended with
   *   it, and whatever the sampler throws
   */
  sample(job: SampleJob, signal?: AbortSignal): Promise<readonly GeneratedNetwork[]>;
  /** As {@link sample}, with the networks and a manifest packed into one zip file. */
  archive(job: SampleJob, signal?: AbortSignal): Promise<NetworkArchive>;
  health(): PoolHealth;
  close(): Promise<void>;
}
