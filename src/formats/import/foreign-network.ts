import type { Activation, Architecture } from '../../network/architecture.js';
import type { DenseLayer } from './chain-layers.js';

/** `a x + c`, each a number or one for each neuron. */
export interface Scaling {
  readonly factor: Float32Array;
  readonly shift: Float32Array;
}

/** A perceptron that another program trained. */
export interface ForeignPerceptron {
  /** Input first. */
  readonly layers: readonly DenseLayer[];
  /** Undefined where the file does not say. */
  readonly activation: Activation | undefined;
  /** Whether its graph scales the inputs itself; undefined where the file does not say. */
  readonly scalesInputs: boolean | undefined;
}

/** A network of convolutions, pools and sums that another program trained. */
export interface ForeignGraphNetwork {
  readonly architecture: Architecture;
  /** Flat. */
  readonly weights: Float32Array;
  /** What its graph does to the features before the first layer; null for nothing. */
  readonly inputScaling: Scaling | null;
}

/** A network that another program trained. */
export type ForeignNetwork = ForeignPerceptron | ForeignGraphNetwork;
