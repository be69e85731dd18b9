import { describe, expect, it } from 'vitest';
import {
  independentErrorIoUs,
  largestErrorIoU,
  novelAndAccurate,
} from '../../src/evaluation/novelty.js';

const set = (bits: number) => Uint8Array.of(bits);

describe('error overlap', () => {
  it('is the largest one with any other network', () => {
    expect(largestErrorIoU(set(0b0111), [set(0b1000), set(0b0011), set(0b0100)])).toBe(2 / 3);
  });

  it('leaves a network itself out, but not its twin', () => {
    expect(independentErrorIoUs([set(0b0011), set(0b0110), set(0b1000)])).toEqual([
      1 / 3,
      1 / 3,
      0,
    ]);
    expect(independentErrorIoUs([set(0b0011), set(0b0011)])).toEqual([1, 1]);
  });

  it('counts networks that are both far enough and good enough', () => {
    const networks = [
      { accuracy: 0.9, errorIoU: 0.5 },
      { accuracy: 0.895, errorIoU: 0.1 },
      { accuracy: 0.88, errorIoU: 0.1 },
      { accuracy: 0.99, errorIoU: 0.51 },
    ];
    expect(novelAndAccurate(networks, { accuracy: 0.9, errorIoU: 0.5 })).toBe(0.5);
  });
});
