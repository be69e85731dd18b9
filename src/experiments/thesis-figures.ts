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

/** A row of the thesis's MNIST table, with the diversity of its networks in the thesis's measure. */
export interface ThesisMnistFigures extends ThesisFigures {
  readonly diversity: number;
}

const mnistRow = (
  accuracy: number,
  std: number,
  crossEntropy: number,
  diversity: number,
): ThesisMnistFigures => ({ ...row(accuracy, std, crossEntropy), diversity });

/**
 * What the thesis reports for MNIST, MLP 784-10-10; it has no flow over networks as trained.
 *
 * @see the thesis, results chapter
 */
export const THESIS_MNIST: Readonly<
  Record<FlowGeometry, Readonly<Partial<Record<ThesisSetting, ThesisMnistFigures>>>>
> = {
  euclidean: {
    aligned: mnistRow(0.737, 0.085, 0.814, 0.00102),
    'aligned-ot': mnistRow(0.757, 0.077, 0.753, 0.00085),
  },
  normalized: {
    aligned: mnistRow(0.753, 0.074, 1.537, 0.00086),
    'aligned-ot': mnistRow(0.706, 0.078, 1.608, 0.00117),
  },
  geometric: {
    aligned: mnistRow(0.737, 0.07, 1.457, 0.00073),
    'aligned-ot': mnistRow(0.786, 0.064, 1.443, 0.00093),
  },
};

/** Figures of the thesis's trained MNIST networks. */
export const THESIS_MNIST_ZOO = mnistRow(0.933, 0.009, 0.231, 0.00002);

/** Accuracy of averaged samples of the Geometric flow with optimal transport. */
export const THESIS_MNIST_AVERAGED = 0.94;

/** Mean accuracy of samples 784-32-10 of flows over 784-10-10; the spread where it is given. */
export const THESIS_MNIST_WIDE: Readonly<
  Record<FlowGeometry, { readonly accuracy: number; readonly std: number | null }>
> = {
  euclidean: { accuracy: 0.826, std: null },
  normalized: { accuracy: 0.203, std: null },
  geometric: { accuracy: 0.89, std: 0.03 },
};

/**
 * DeepWeightFlow's trained and generated networks 784-32-32-10, another architecture: accuracy and
 * spread.
 *
 * @see arXiv 2601.05052
 */
export const DEEP_WEIGHT_FLOW_MNIST = {
  architecture: '784-32-32-10',
  trained: { accuracy: 0.9632, std: 0.002 },
  generated: { accuracy: 0.9617, std: 0.0031 },
  evaluations: 396,
} as const;
