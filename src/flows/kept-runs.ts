import { WeightspringError } from '../errors.js';
import { decodeFloat16, encodeFloat16 } from '../files/float16.js';
import type { Coordinates } from '../flow/coordinates.js';
import { WeightSpace } from '../flow/weight-space.js';
import { distanceCoordinates } from '../novelty/distance-coordinates.js';
import { leaveOneOutDistances } from '../novelty/novelty-scale.js';
import { TrainedRuns, type RunPoint } from '../novelty/trained-runs.js';
import { createPace } from '../pace.js';
import type { Zoo } from '../zoo/zoo.js';
import type { KeptArchitecture, KeptRuns } from './kept-networks.js';

/** Bytes of all finals together. */
const MAX_BYTES = 3e6;
const BYTES_PER_NUMBER = 2;

/**
 * The finals that a flow keeps of its zoo: of each architecture the first N runs, N the largest
 * with which all take {@link MAX_BYTES} at most. Where not even two of each do, architectures with
 * the most weights are left out. A network without a canonical form, or with a coordinate beyond
 * float16, is left out too.
 *
 * @param coordinates - of the flow
 */
export async function keepRuns(zoo: Zoo, coordinates: Coordinates): Promise<KeptRuns> {
  const measured = await distanceCoordinates(
    coordinates,
    zoo.architectures.map((architecture, index) => ({
      architecture,
      networks: zoo.networksOf(index).map(({ weights }) => weights),
    })),
  );
  const pace = createPace();
  const spaces = zoo.architectures.map((architecture) => new WeightSpace(architecture, measured));
  const limits = runLimits(
    spaces.map(({ dimension }, index) => ({
      runs: zoo.finalNetworksOf(index).length,
      bytes: BYTES_PER_NUMBER * dimension,
    })),
  );
  const architectures: KeptArchitecture[] = [];
  for (const [index, space] of spaces.entries()) {
    const finals = zoo
      .finalNetworksOf(index)
      .slice(0, limits[index])
      .flatMap(({ run, weights }) => roundedPoint(space, run, weights));
    architectures.push({ finals, leaveOneOut: await measureFinals(space, finals, pace) });
  }
  const { geometry, scales, logScales } = measured;
  return { coordinates: { geometry, scales, logScales }, architectures };
}

/** How many runs of each architecture are kept. */
export function runLimits(
  architectures: readonly { readonly runs: number; readonly bytes: number }[],
  maxBytes = MAX_BYTES,
): readonly number[] {
  const size = (limits: readonly number[]): number =>
    architectures.reduce((sum, { bytes }, index) => sum + bytes * (limits[index] as number), 0);
  let limits = architectures.map(({ runs }) => runs);
  for (let most = Math.max(0, ...limits) - 1; most >= 2 && size(limits) > maxBytes; most--) {
    limits = architectures.map(({ runs }) => Math.min(runs, most));
  }
  const byWeight = [...architectures.keys()].sort(
    (a, b) => (architectures[b]?.bytes ?? 0) - (architectures[a]?.bytes ?? 0),
  );
  for (const index of byWeight) {
    if (size(limits) > maxBytes) limits[index] = 0;
  }
  return limits;
}

function roundedPoint(space: WeightSpace, run: number, weights: Float32Array): RunPoint[] {
  try {
    return [{ run, point: decodeFloat16(encodeFloat16(space.standardise(weights))) }];
  } catch (error) {
    if (error instanceof WeightspringError) return [];
    throw error;
  }
}

async function measureFinals(
  space: WeightSpace,
  finals: readonly RunPoint[],
  pace: () => Promise<void>,
): Promise<readonly number[]> {
  if (finals.length < 2) return [];
  const runs = new TrainedRuns(space, finals);
  const distances: number[] = [];
  for (const final of finals) {
    distances.push(...leaveOneOutDistances(runs, [final]));
    await pace();
  }
  return distances;
}
