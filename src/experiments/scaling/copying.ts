import { RunDistances } from '../../evaluation/scrutiny/run-distances.js';
import { mean } from '../../evaluation/population-metrics.js';
import { WeightspringError } from '../../errors.js';
import type { Coordinates } from '../../flow/coordinates.js';
import { WeightSpace } from '../../flow/weight-space.js';
import type { Architecture } from '../../network/architecture.js';
import { distanceCoordinates } from '../../novelty/distance-coordinates.js';
import { quantile } from '../../novelty/novelty-scale.js';
import { TrainedRuns } from '../../novelty/trained-runs.js';
import { createPace, type Pace } from '../../pace.js';
import type { ZooNetwork } from '../../zoo/zoo.js';

/** How far networks lie from the runs that a flow was trained on, and from each other. */
export interface CopyingFigures {
  /** Median novelty ratio of samples: 1 for independent runs, 0 for copies. */
  readonly novelty: number | null;
  /** The same of runs outside the training: what an ideal sampler would have. */
  readonly heldOutNovelty: number | null;
  /** Mean distance between two samples over that between two trained runs. */
  readonly dispersion: number | null;
}

export interface CopyingQuestion {
  readonly architecture: Architecture;
  /** Of the flow. */
  readonly coordinates: Coordinates;
  /** Finals of the runs that it was trained on, two or more, and of others. */
  readonly trained: readonly ZooNetwork[];
  readonly outside: readonly ZooNetwork[];
  readonly samples: readonly Float32Array[];
  /** Trained networks whose pairs are measured at most. */
  readonly most: number;
}

/**
 * Distances in the coordinates of the flow, over all orders of hidden neurons.
 *
 * @throws WeightspringError `cancelled`
 */
export async function measureCopying(
  { architecture, coordinates, trained, outside, samples, most }: CopyingQuestion,
  signal: AbortSignal | undefined,
): Promise<CopyingFigures> {
  const pace = createPace(signal);
  const weights = trained.map((network) => network.weights);
  const population = [{ architecture, networks: weights }];
  const space = new WeightSpace(architecture, await distanceCoordinates(coordinates, population));
  const finals = trained.map(({ run, weights: own }) => ({ run, point: space.standardise(own) }));
  const distances = await RunDistances.of(space, finals, pace);
  const median = distances.scale?.median;
  const ratio = async (networks: readonly Float32Array[]): Promise<number | null> => {
    const found: number[] = [];
    for (const network of networks) {
      const distance = distances.nearest(network);
      if (distance !== null) found.push(distance);
      await pace();
    }
    return median === undefined || found.length === 0 ? null : quantile(found, 0.5) / median;
  };
  const apart = await meanPairDistance(space, samples, pace);
  const usual = await meanPairDistance(space, weights.slice(0, most), pace);
  return {
    novelty: await ratio(samples),
    heldOutNovelty: await ratio(outside.map((network) => network.weights)),
    dispersion: apart === null || usual === null ? null : apart / usual,
  };
}

/** Over all pairs of networks that have coordinates; null without a pair. */
async function meanPairDistance(
  space: WeightSpace,
  networks: readonly Float32Array[],
  pace: Pace,
): Promise<number | null> {
  const points = networks.flatMap((weights) => pointOf(space, weights));
  if (points.length < 2) return null;
  const all = new TrainedRuns(
    space,
    points.map((point, run) => ({ run, point })),
  );
  const means: number[] = [];
  for (const [index, point] of points.entries()) {
    means.push(mean(Array.from(all.distances(point)).filter((_, other) => other !== index)));
    await pace();
  }
  return mean(means);
}

/** None for a network without a canonical form. */
function pointOf(space: WeightSpace, weights: Float32Array): readonly Float32Array[] {
  try {
    return [space.standardise(weights)];
  } catch (error) {
    if (error instanceof WeightspringError) return [];
    throw error;
  }
}
