import { WeightspringError } from '../../errors.js';
import type { WeightSpace } from '../../flow/weight-space.js';
import {
  leaveOneOutDistances,
  noveltyScale,
  type NoveltyScale,
} from '../../novelty/novelty-scale.js';
import { TrainedRuns, type RunPoint } from '../../novelty/trained-runs.js';
import { createPace, type Pace } from '../../pace.js';

/** Distances of networks to the trained runs of one architecture. */
export class RunDistances {
  private constructor(
    private readonly space: WeightSpace,
    private readonly runs: TrainedRuns,
    /** What distances are compared with; null where there is only one run. */
    readonly scale: NoveltyScale | null,
    /** By run, the distance to the nearest other one. */
    readonly leaveOneOut: ReadonlyMap<number, number>,
  ) {}

  /**
   * @param finals - a network of each run, at least one, as points of `space`
   * @param pace - taken after every run; default: one that nobody stops
   */
  static async of(
    space: WeightSpace,
    finals: readonly RunPoint[],
    pace: Pace = createPace(),
  ): Promise<RunDistances> {
    const runs = new TrainedRuns(space, finals);
    const leaveOneOut = new Map<number, number>();
    for (const final of finals) {
      for (const distance of leaveOneOutDistances(runs, [final]))
        leaveOneOut.set(final.run, distance);
      await pace();
    }
    return new RunDistances(space, runs, noveltyScale([...leaveOneOut.values()]), leaveOneOut);
  }

  /**
   * The distance of a network to the nearest run.
   *
   * @param weights - flat
   * @returns null for a network that has no canonical form
   */
  nearest(weights: Float32Array): number | null {
    let point: Float32Array;
    try {
      point = this.space.standardise(weights);
    } catch (error) {
      if (error instanceof WeightspringError) return null;
      throw error;
    }
    return this.runs.nearest(point)?.distance ?? null;
  }
}
