import type { ChosenGuideSettings } from '../../flows/guide.js';
import type { Scale } from '../scale.js';

/** A way of guidance, and the strengths among which every number of steps has its own. */
export interface GuidanceWay {
  readonly name: string;
  readonly settings: Omit<ChosenGuideSettings, 'strength'>;
  readonly strengths: readonly number[];
}

/** Settings that determine the cost and the figures of the transfer experiment. */
export interface TransferBudget {
  /** Networks of every kind. */
  readonly networks: number;
  readonly steps: readonly number[];
  readonly ways: readonly GuidanceWay[];
  /** Rows of the validation part by which strengths are chosen, at most. */
  readonly validationRows: number;
  /** Passes of networks trained briefly from a random start. */
  readonly briefEpochs: number;
  /** Passes of trained networks. Default: those of the flow's zoo. */
  readonly epochs?: number;
}

export const TRANSFER_BUDGETS: Readonly<Record<Scale, TransferBudget>> = {
  full: {
    networks: 4,
    steps: [16, 64, 256],
    ways: [
      {
        name: "the thesis's, at the point of the path",
        settings: { form: 'current-point', schedule: 'linear' },
        strengths: [10, 30, 100],
      },
      { name: 'at the end point', settings: { form: 'end-point' }, strengths: [0.3, 1, 3] },
      {
        name: 'descent, 16 gradients',
        settings: { form: 'descent', gradients: 16, rowsPerStep: 1024 },
        strengths: [0.05, 0.15, 0.45],
      },
    ],
    validationRows: 2000,
    briefEpochs: 1,
  },
  smoke: {
    networks: 2,
    steps: [2, 4],
    ways: [
      { name: 'at the end point', settings: { form: 'end-point' }, strengths: [1, 3] },
      { name: 'descent', settings: { form: 'descent', gradients: 2 }, strengths: [0.1] },
    ],
    validationRows: 64,
    briefEpochs: 1,
    epochs: 2,
  },
};
