import type { DataDescriptor } from '../data/descriptor.js';
import type { Solver } from '../flow/solvers/solver.js';
import type { TimeGrid } from '../flow/solvers/time-grid.js';
import type { Stochasticity } from '../flow/stochasticity.js';
import type { Activation, Architecture } from '../network/architecture.js';
import type { Dim } from '../onnx/dim.js';
import type { FlowFigure } from './flow-figures.js';

/** Widths of hidden layers. */
export interface WidthRange {
  readonly min: number;
  readonly max: number;
}

/** What a flow serves of networks of one family with the same activations. */
export interface DepthBounds {
  /** Key of the family: `30-h1-h2-2`. */
  readonly family: string;
  readonly hiddenLayers: number;
  /** `relu`; where they differ, all in the order of the graph: `relu,tanh`. */
  readonly activation: string;
  /** Narrowest and widest hidden layer of the zoo: its hull. Null if the zoo has none. */
  readonly zoo: WidthRange | null;
  /** What is served; networks beyond `zoo` are marked as extrapolated. */
  readonly width: WidthRange;
}

/** Architectures that a flow serves, except those that its figures show to fail. */
export interface FlowBounds {
  readonly hiddenLayers: { readonly min: number; readonly max: number };
  /** Width of each hidden layer, over all depths. */
  readonly width: WidthRange;
  /** Weights and biases of one network. */
  readonly totalWeights: { readonly max: number };
  readonly depths: readonly DepthBounds[];
}

/** An architecture of the flow's zoo, with its accuracy. */
export type TrainedArchitecture = Architecture & {
  /** Independent training runs. */
  readonly runs: number;
  /** Mean held-out accuracy of their final networks, as a fraction. */
  readonly accuracy: number;
};

/** The public facts of a flow. */
export interface FlowSummary {
  readonly name: string;
  readonly description: string;
  /** The data set or toy task that its zoo was trained on. */
  readonly task: string;
  /** How rows of it are encoded; absent for a built-in data set, whose rows are its features. */
  readonly data?: DataDescriptor | undefined;
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
   * Planned operations of one evaluation of the velocity network, by family (`30-h1-h2-2`): a
   * polynomial in `batch`, the networks that are evaluated at once, and the widths `h1`, `h2`, …
   */
  readonly operations: Readonly<Record<string, Dim>>;
  /** Default solver, time grid and noise of requests. */
  readonly solver: Solver;
  readonly timeGrid: TimeGrid;
  readonly stochasticity: Stochasticity;
  readonly architectures: readonly TrainedArchitecture[];
  /** Default architecture of requests: the one with most runs in the zoo. Null without a zoo. */
  readonly usualArchitecture: Architecture | null;
  /** Measured on generated networks; empty before the flow's card has been written. */
  readonly figures: readonly FlowFigure[];
  /** Digest of `flow.onnx`, hexadecimal. */
  readonly sha256: string;
  /** Digest of `config.json`, which names that of `flow.onnx`: equal for flows that give equal networks. */
  readonly configSha256: string;
}
