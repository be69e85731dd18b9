import type { FlowGeometry } from '../flow/geometry.js';

/** Accuracy and cross-entropy of a row of the thesis's table; the spread is over samples. */
export interface ThesisFigures {
  readonly accuracy: number;
  readonly std: number;
  readonly crossEntropy: number;
}

/**
 * The thesis's settings: networks as trained, aligned, and aligned with mini-batch optimal
 * transport.
 */
export type ThesisSetting = 'raw' | 'aligned' | 'aligned-ot';

const row = (accuracy: number, std: number, crossEntropy: number): ThesisFigures => ({
  accuracy,
  std,
  crossEntropy,
});

/**
 * What the thesis reports for WDBC, MLP 30-16-16-2, on its own split.
 *
 * @see the thesis, results chapter
 */
export const THESIS_WDBC: Readonly<
  Record<FlowGeometry, Readonly<Record<ThesisSetting, ThesisFigures>>>
> = {
  euclidean: {
    raw: row(0.998, 0.006, 0.101),
    aligned: row(0.998, 0.006, 0.07),
    'aligned-ot': row(0.993, 0.01, 0.053),
  },
  normalized: {
    raw: row(0.993, 0.009, 0.027),
    aligned: row(0.989, 0.011, 0.03),
    'aligned-ot': row(0.988, 0.018, 0.044),
  },
  geometric: {
    raw: row(0.992, 0.011, 0.019),
    aligned: row(0.993, 0.001, 0.018),
    'aligned-ot': row(0.991, 0.011, 0.02),
  },
};

/** Figures of the thesis's trained networks. */
export const THESIS_WDBC_ZOO = row(0.992, 0.01, 0.048);

/** Mean loss barrier of 250 random pairs of these networks, before and after alignment. */
export const THESIS_WDBC_BARRIER = { before: 0.244, after: 0.07 } as const;
