import { architectureKey, type Architecture } from '../network/architecture.js';
import { WeightspringError } from '../errors.js';
import type { BaseTraining } from './base-trainer.js';
import type { DataDescriptor } from '../data/descriptor.js';
import type { TaskMetrics } from './prepared-task.js';
import type { SplitOptions } from '../data/split.js';
import type { Standardisation } from '../data/standardisation.js';

/** An architecture of a zoo and how many networks of it were trained. */
export interface ZooArchitecture {
  readonly architecture: Architecture;
  readonly runs: number;
  /** Number of the first run, where a zoo is a part of another. Default 0. */
  readonly firstRun?: number;
}

/** How the networks of a zoo were brought to a common order of neurons. */
export interface ZooAlignment {
  /** `weight-matching`, … */
  readonly method: string;
  /** Figures of the method by name: barriers before and after, … */
  readonly record: Readonly<Record<string, number>>;
}

/** Everything needed to train the same zoo again, or to use it without its data set. */
export interface ZooHeader {
  /** Release that trained it. */
  readonly version: string;
  /** Name of its data set. */
  readonly task: string;
  readonly data: {
    /** Of features and labels, hexadecimal. */
    readonly sha256: string;
    readonly rows: number;
    readonly featureNames: readonly string[];
    readonly classNames: readonly string[];
    /** How its rows are encoded; absent for a data set that its name identifies. */
    readonly descriptor?: DataDescriptor;
  };
  readonly split: Required<SplitOptions>;
  /** Fitted on the training part; the networks take features standardised by it. */
  readonly standardisation: Standardisation;
  readonly architectures: readonly ZooArchitecture[];
  readonly training: BaseTraining;
  /** Of the networks' starts and minibatches. */
  readonly seed: number;
  /** Name of the engine that trained it. */
  readonly engine: string;
  /** Whether its networks were trained elsewhere: training and seed then say nothing of them. */
  readonly isImported?: true;
  /** Null for unaligned networks. */
  readonly alignment: ZooAlignment | null;
}

/** Weights at one step of a training run. */
export interface ZooNetwork {
  /** Index into the header's architectures. */
  readonly architecture: number;
  /** Number of the run within the architecture. */
  readonly run: number;
  /** Updates done. */
  readonly step: number;
  /** Whether its training was complete. */
  readonly isFinal: boolean;
  /** Flat, in the order of the network's slots. */
  readonly weights: Float32Array;
}

/** Metrics of a fully trained network on its data set. */
export interface FinalRecord extends TaskMetrics {
  readonly architecture: number;
  readonly run: number;
}

/** A population of trained networks, with the record of their training. */
export class Zoo {
  /**
   * @param networks - all snapshots, those of one architecture in any order
   * @param finals - one record per run
   */
  constructor(
    readonly header: ZooHeader,
    readonly networks: readonly ZooNetwork[],
    readonly finals: readonly FinalRecord[],
  ) {}

  get architectures(): readonly Architecture[] {
    return this.header.architectures.map(({ architecture }) => architecture);
  }

  /** Position of an architecture in the header, or −1 if the zoo has none of it. */
  indexOf(architecture: Architecture): number {
    const key = architectureKey(architecture);
    return this.architectures.findIndex((own) => architectureKey(own) === key);
  }

  /** All snapshots of an architecture. */
  networksOf(architecture: number): readonly ZooNetwork[] {
    return this.networks.filter((network) => network.architecture === architecture);
  }

  /** The completely trained networks of an architecture, by run. */
  finalNetworksOf(architecture: number): readonly ZooNetwork[] {
    return this.networksOf(architecture)
      .filter(({ isFinal }) => isFinal)
      .sort((a, b) => a.run - b.run);
  }

  /** The records of the completely trained networks of an architecture, by run. */
  finalsOf(architecture: number): readonly FinalRecord[] {
    return this.finals
      .filter((final) => final.architecture === architecture)
      .sort((a, b) => a.run - b.run);
  }

  /**
   * The same zoo with weights that compute the same functions: its records stay true.
   *
   * @param transform - the new weights of a network
   */
  withWeights(transform: (network: ZooNetwork) => Float32Array, alignment: ZooAlignment): Zoo {
    const networks = this.networks.map((network) => {
      const weights = transform(network);
      if (weights.length !== network.weights.length) {
        throw new WeightspringError(
          'shape-mismatch',
          `expected ${network.weights.length} weights, got ${weights.length}`,
        );
      }
      return { ...network, weights };
    });
    return new Zoo({ ...this.header, alignment }, networks, this.finals);
  }
}
