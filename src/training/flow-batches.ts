import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { ensure } from '../errors.js';
import type { Coupling } from '../flow/couplings/coupling.js';
import { createCoupling, type CouplingKind } from '../flow/couplings/registry.js';
import type { StandardisedGroup } from '../flow/standardise-population.js';
import { InputMetric } from '../flow/input-metric.js';
import { sampleTimes, type TimeDistribution } from '../flow/time-distribution.js';
import type { WeightSpace } from '../flow/weight-space.js';
import type { HostTensor } from '../ops/host-tensor.js';
import type { Random } from '../random.js';

export interface FlowBatchOptions {
  readonly batchSize: number;
  readonly coupling: CouplingKind;
  readonly times: TimeDistribution;
  /** Default: no rows. */
  readonly behaviour?: BehaviourRows | undefined;
}

/** Rows of data for the behaviour loss. */
export interface BehaviourRows {
  /** Inputs of the networks that points stand for, or rows of features to be whitened, row-major. */
  readonly inputs: Float32Array;
  /** M: how many are drawn for a batch. */
  readonly rows: number;
  /**
   * Whitens the rows of a batch: white patches of all rows would take too much memory. Plain data,
   * which threads can be given. Default: the rows are inputs as they are.
   */
  readonly metric?: Pick<InputMetric, 'moments' | 'patches'> | undefined;
}

/** One batch: networks of one architecture, so that its tensors have one shape. */
export interface FlowBatch {
  /** Of its networks: its family decides which program evaluates it. */
  readonly architecture: Architecture;
  /** In the order of the program's inputs: x0, x1, t, and with a behaviour loss rows and scales. */
  readonly inputs: readonly HostTensor[];
}

/** A batch before its noise and networks are paired. */
export interface DrawnBatch {
  /** Number of the group that its networks are of. */
  readonly group: number;
  /** Flat coordinates per network: noise, and networks in no order. */
  readonly x0: readonly Float32Array[];
  readonly x1: readonly Float32Array[];
  readonly t: Float32Array;
  /** If there is a behaviour loss. */
  readonly behaviour: BehaviourDraw | undefined;
}

interface BehaviourDraw {
  /** Rows of {@link BehaviourRows.inputs}. */
  readonly rows: Float32Array;
  readonly scales: Float32Array;
}

interface PreparedGroup extends StandardisedGroup {
  readonly coupling: Coupling;
  /** Sum of the group sizes up to and with this one. */
  readonly cumulative: number;
}

/**
 * Draws training batches: an architecture with probability proportional to its number of networks,
 * networks with replacement, noise, coupling, times, rows of data. All randomness comes from one generator, so
 * that its state is the whole state of the data.
 */
export class FlowBatches {
  readonly #groups: readonly PreparedGroup[];
  readonly #total: number;
  readonly #metric: InputMetric | undefined;

  /** @throws WeightspringError `invalid-argument` for a population without networks */
  constructor(
    population: readonly StandardisedGroup[],
    private readonly options: FlowBatchOptions,
    private readonly random: Random,
  ) {
    const metric = options.behaviour?.metric;
    this.#metric = metric && new InputMetric(metric.moments, metric.patches);
    let cumulative = 0;
    this.#groups = population
      .filter(({ points }) => points.length > 0)
      .map(({ space, points }) => {
        cumulative += points.length;
        return { space, points, coupling: createCoupling(options.coupling, space), cumulative };
      });
    this.#total = cumulative;
    ensure(cumulative > 0, 'invalid-argument', () => 'the population has no networks');
  }

  next(): FlowBatch {
    return this.complete(this.draw());
  }

  /** All that is random in a batch. */
  draw(): DrawnBatch {
    const { batchSize, times } = this.options;
    const pick = this.random.integer(this.#total);
    const group = this.#groups.findIndex(({ cumulative }) => pick < cumulative);
    const { space, points } = this.#groups[group] as PreparedGroup;
    const x0 = Array.from({ length: batchSize }, () => space.prior(this.random));
    const x1 = Array.from(
      { length: batchSize },
      () => points[this.random.integer(points.length)] as Float32Array,
    );
    const t = sampleTimes(times, batchSize, this.random);
    return { group, x0, x1, t, behaviour: this.#behaviour(space) };
  }

  /** Pairs noise and networks of a batch. */
  complete({ group, x0, x1, t, behaviour }: DrawnBatch): FlowBatch {
    const { space, coupling } = this.#groups[group] as PreparedGroup;
    return {
      architecture: space.architecture,
      inputs: [
        ...space.pack(x0),
        ...space.pack(coupling(x0, x1)),
        { shape: [t.length], data: t },
        ...(behaviour === undefined ? [] : this.#behaviourInputs(behaviour)),
      ],
    };
  }

  #behaviour({ architecture, decodingScales: scales }: WeightSpace): BehaviourDraw | undefined {
    const { behaviour } = this.options;
    if (behaviour === undefined) return undefined;
    const { inputs, rows } = behaviour;
    const width = this.#metric?.rowFeatures ?? networkOf(architecture).inputs;
    const drawn = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      const from = this.random.integer(inputs.length / width) * width;
      drawn.set(inputs.subarray(from, from + width), row * width);
    }
    return { rows: drawn, scales };
  }

  #behaviourInputs({ rows, scales }: BehaviourDraw): readonly HostTensor[] {
    const count = this.options.behaviour?.rows ?? 0;
    const data = this.#metric?.whiten(rows) ?? rows;
    return [
      { shape: [count, data.length / count], data },
      { shape: [scales.length], data: scales },
    ];
  }
}
