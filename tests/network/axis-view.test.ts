import { describe, expect, it } from 'vitest';

import { axisView, eachPlace, indexAlong } from '../../src/network/axis-view.js';

const TENSOR = { shape: [2, 3, 4], offset: 100 };

function placesAt(axis: number | null, i: number): number[] {
  const places: number[] = [];
  eachPlace(TENSOR, axis, i, (at) => places.push(at));
  return places;
}

describe('axisView', () => {
  it('splits a shape at an axis', () => {
    expect(axisView(TENSOR, 1)).toEqual({ offset: 100, outer: 2, size: 3, inner: 4 });
    expect(axisView({ shape: [5], offset: 7 }, 0)).toEqual({
      offset: 7,
      outer: 1,
      size: 5,
      inner: 1,
    });
  });

  it('visits the places of an index in order, each place once per axis', () => {
    expect(placesAt(1, 2)).toEqual([108, 109, 110, 111, 120, 121, 122, 123]);
    expect(placesAt(null, 0)).toEqual([]);
    for (const axis of [0, 1, 2]) {
      const all = Array.from({ length: TENSOR.shape[axis]! }, (_, i) => placesAt(axis, i)).flat();
      expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, at) => 100 + at));
    }
  });

  it('knows the index of a place', () => {
    for (const axis of [0, 1, 2]) {
      for (let i = 0; i < TENSOR.shape[axis]!; i++) {
        for (const at of placesAt(axis, i)) expect(indexAlong(TENSOR, axis, at)).toBe(i);
      }
    }
    expect(indexAlong(TENSOR, null, 110)).toBe(0);
  });
});
