import { describe, expect, it } from 'vitest';
import { fitCoordinates } from '../../src/flow/fit-coordinates.js';
import { WeightSpace } from '../../src/flow/weight-space.js';
import { architecture } from '../../src/network/architecture.js';
import {
  isNovel,
  leaveOneOutDistances,
  noveltyRatio,
  noveltyScale,
  quantile,
} from '../../src/novelty/novelty-scale.js';
import { TrainedRuns } from '../../src/novelty/trained-runs.js';

describe('noveltyScale', () => {
  it('has the median and the 5th percentile, between ranks', () => {
    expect(noveltyScale([5, 1, 2, 3, 4])).toEqual({ median: 3, fifthPercentile: 1.2 });
    expect(quantile([2, 1], 0.5)).toBe(1.5);
    expect(quantile([7], 0.05)).toBe(7);
  });

  it('is none without distances', () => {
    expect(noveltyScale([])).toBeNull();
  });

  it('decides ratio and novelty', () => {
    const scale = { median: 4, fifthPercentile: 3 };
    expect(noveltyRatio({ distance: 2 }, scale)).toBe(0.5);
    expect(isNovel({ distance: 3 }, scale)).toBe(true);
    expect(isNovel({ distance: 2.999 }, scale)).toBe(false);
  });
});

describe('leaveOneOutDistances', () => {
  it('are those to the nearest other run', async () => {
    // Without hidden layers a point is its coordinates, whose distances are plain.
    const arch = architecture([1, 2]);
    const networks = [0, 1, 3, 10].map((value) => Float32Array.of(value, 0, 0, 0));
    const coordinates = await fitCoordinates([{ architecture: arch, networks }], 'euclidean');
    const space = new WeightSpace(arch, coordinates);
    const points = networks.map((weights, run) => ({ run, point: space.standardise(weights) }));
    const unit = points[1]!.point[0]!;
    const distances = leaveOneOutDistances(new TrainedRuns(space, points), points);
    expect(distances.map((distance) => distance / unit)).toEqual(
      [1, 1, 2, 7].map((each) => expect.closeTo(each, 5) as number),
    );
  });

  it('are none for a run that is alone, in however many snapshots', async () => {
    const arch = architecture([1, 2]);
    const networks = [1, 2].map((value) => Float32Array.of(value, 0, 0, 0));
    const coordinates = await fitCoordinates([{ architecture: arch, networks }], 'euclidean');
    const space = new WeightSpace(arch, coordinates);
    const points = networks.map((weights) => ({ run: 0, point: space.standardise(weights) }));
    expect(leaveOneOutDistances(new TrainedRuns(space, points), points.slice(0, 1))).toEqual([]);
  });
});
