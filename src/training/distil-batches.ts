import { ensure } from '../errors.js';
import type { StandardisedGroup } from '../flow/standardise-population.js';
import { timesOf } from '../flow/solvers/time-grid.js';
import type { HostPoint, WeightSpace } from '../flow/weight-space.js';
import { networkOf } from '../network/network.js';
import type { HostTensor } from '../ops/host-tensor.js';
import type { Random } from '../random.js';
import { FlowBatches, type FlowBatch, type FlowBatchOptions } from './flow-batches.js';
import type { Teaching } from './teacher.js';

/** Rows of a batch that each trajectory of the teacher gives. */
const PAIRS = 3;
/** Shortest span of a jump, as a share of what is left of the path. */
const SHORTEST = 0.01;

/** Two times of a jump. */
interface Pair {
  readonly s: number;
  readonly t: number;
}

/**
 * Draws batches for a flow map: a quarter of the rows from data as {@link FlowBatches} does, with
 * t = s, and the rest from trajectories of the teacher, from fresh noise for every batch. Each
 * trajectory gives {@link PAIRS} rows: the jump over the whole path, one of a grid of 2, 4, … steps,
 * and one between any two times.
 *
 * All randomness comes from one generator.
 */
export class DistilBatches {
  readonly #data: FlowBatches;
  readonly #spaces: ReadonlyMap<string, WeightSpace>;
  readonly #trajectories: number;

  /** @throws WeightspringError `invalid-argument` for a batch too small to hold both kinds of rows */
  constructor(
    population: readonly StandardisedGroup[],
    options: FlowBatchOptions,
    private readonly teaching: Teaching,
    private readonly random: Random,
  ) {
    const { batchSize } = options;
    this.#trajectories = Math.floor(batchSize / (PAIRS + 1));
    ensure(
      this.#trajectories > 0,
      'invalid-argument',
      () => `expected a batch of ${PAIRS + 1} networks or more for a flow map, got ${batchSize}`,
      '--batch',
    );
    const rows = batchSize - PAIRS * this.#trajectories;
    this.#data = new FlowBatches(population, { ...options, batchSize: rows }, random);
    this.#spaces = new Map(
      population.map(({ space }) => [networkOf(space.architecture).key, space]),
    );
  }

  /** Inputs in the order of the program of a flow map. */
  async next(): Promise<FlowBatch> {
    const { architecture, inputs } = this.#data.next();
    const space = this.#spaces.get(networkOf(architecture).key) as WeightSpace;
    const { length } = space.layout.tensors;
    const [x0, x1] = [inputs.slice(0, length), inputs.slice(length, 2 * length)];
    const [times, ...behaviour] = inputs.slice(2 * length) as [HostTensor, ...HostTensor[]];
    const noise = Array.from({ length: this.#trajectories }, () => space.prior(this.random));
    const pairs = noise.flatMap((_, row) => this.#pairs().map((pair) => ({ ...pair, row })));
    const { teacher, steps, grid = 'uniform' } = this.teaching;
    const stops = timesOf(grid, steps);
    const points = await teacher.trajectory(architecture, space.pack(noise), stops);
    const starts = pairs.map(({ s }) => segmentOf(s, stops));
    const goals = pairs.map(({ t }) => segmentOf(t, stops));
    const rows = (segments: readonly Segment[], end: 0 | 1): readonly Place[] =>
      segments.map(({ step }, index) => ({ point: step + end, row: pairs[index]?.row ?? 0 }));
    const ofData = times.data;
    const perRow = (data: (t: number) => number, drawn: readonly number[]): HostTensor => {
      const all = Float32Array.from([...Array.from(ofData, data), ...drawn]);
      return { shape: [all.length], data: all };
    };
    return {
      architecture,
      inputs: [
        ...gather(x0, points, rows(starts, 0)),
        ...gather(x1, points, rows(starts, 1)),
        ...gather(x1, points, rows(goals, 0)),
        ...gather(x1, points, rows(goals, 1)),
        perRow(
          (t) => t,
          starts.map(({ share }) => share),
        ),
        perRow(
          () => 0,
          goals.map(({ share }) => share),
        ),
        perRow(
          (t) => t,
          pairs.map(({ s }) => s),
        ),
        perRow(
          (t) => t,
          pairs.map(({ t }) => t),
        ),
        perRow(
          () => 1,
          pairs.map(({ s, t }) => (1 - s) / (t - s)),
        ),
        ...behaviour,
      ],
    };
  }

  #pairs(): readonly Pair[] {
    const steps = 2 ** (1 + this.random.integer(4));
    const step = this.random.integer(steps);
    const stops = timesOf(this.teaching.grid ?? 'uniform', steps);
    const s = this.random.uniform();
    const span = Math.max(SHORTEST, this.random.uniform());
    return [
      { s: 0, t: 1 },
      { s: stops[step] as number, t: stops[step + 1] as number },
      { s, t: s + span * (1 - s) },
    ];
  }
}

/** The step of a trajectory that a time falls into, and how far along it is. */
interface Segment {
  readonly step: number;
  readonly share: number;
}

function segmentOf(time: number, stops: Float64Array): Segment {
  const after = stops.findIndex((stop) => stop > time);
  const step = (after < 0 ? stops.length - 1 : after) - 1;
  const [from, to] = [stops[step] as number, stops[step + 1] as number];
  return { step, share: Math.min((time - from) / (to - from), 1) };
}

/** A row of one of a trajectory's points. */
interface Place {
  readonly point: number;
  readonly row: number;
}

/** The rows of a batch of points, and behind them rows of trajectories. */
function gather(
  before: readonly HostTensor[],
  trajectory: readonly HostPoint[],
  places: readonly Place[],
): readonly HostTensor[] {
  return before.map(({ shape: [batch = 0, ...shape], data }, tensor) => {
    const size = data.length / batch;
    const all = new Float32Array((batch + places.length) * size);
    all.set(data);
    places.forEach(({ point, row }, index) => {
      const values = trajectory[point]?.[tensor]?.data.subarray(row * size, (row + 1) * size);
      if (values !== undefined) all.set(values, (batch + index) * size);
    });
    return { shape: [batch + places.length, ...shape], data: all };
  });
}
