import { describe, expect, it } from 'vitest';
import {
  IMAGE_DEFAULTS,
  QUICK_DEFAULTS,
  quickFlags,
  reducedDefaults,
  withTrainDefaults,
} from '../../src/cli/train-defaults.js';
import { FLOW_TRAINING_DEFAULTS, MANY_FEATURES } from '../../src/training/flow-training-config.js';

const PLAIN = { geometry: 'geometric', prediction: 'endpoint' } as const;

describe('withTrainDefaults', () => {
  it('takes those of every training without --quick', () => {
    const { batchSize: batch, steps, learningRate } = FLOW_TRAINING_DEFAULTS;
    expect(withTrainDefaults(PLAIN, { features: MANY_FEATURES - 1 })).toEqual({
      ...PLAIN,
      ...{ batch, steps, learningRate, samplingSteps: 8, samplingTimeGrid: 'uniform' },
      ...{ lossMean: 'tensors', skip: 'all', prior: 'uniform', inputMetric: 'none' },
    });
  });

  it('reduces networks of many features, unless something else was said', () => {
    const taken = withTrainDefaults({ ...PLAIN, prior: 'uniform' }, { features: MANY_FEATURES });
    expect(taken).toMatchObject({ ...reducedDefaults('geometric'), prior: 'uniform' });
    expect(taken).toMatchObject({ skip: 'inner', inputMetric: 'auto', behaviour: 0.5 });
    expect(reducedDefaults('euclidean')).toMatchObject({ skip: 'biases', lossMean: 'tensors' });
  });

  it('reduces networks on images where they read the same patches, and takes fewer rows', () => {
    const of = (havePatches: boolean, given: object = {}): object =>
      withTrainDefaults({ ...PLAIN, ...given }, { features: 64, images: { havePatches } });
    expect(of(true)).toMatchObject({ ...reducedDefaults('geometric'), ...IMAGE_DEFAULTS });
    expect(of(false)).toMatchObject({ inputMetric: 'none', behaviour: 0.5, ...IMAGE_DEFAULTS });
    expect(of(false, { behaviourRows: 3 })).toMatchObject({ behaviourRows: 3 });
    expect(of(true, { distil: 'flow' })).not.toHaveProperty('behaviourRows');
  });

  it.each([{ distil: 'flow' }, { prediction: 'velocity' }] as const)(
    'leaves to %j what it decides',
    (choice) => {
      expect(withTrainDefaults({ ...PLAIN, ...choice }, { features: MANY_FEATURES })).toMatchObject(
        {
          skip: 'all',
          inputMetric: 'none',
        },
      );
    },
  );

  it('lets what was said count before --quick', () => {
    const given = { ...PLAIN, quick: true, steps: 7 } as const;
    expect(withTrainDefaults(given, { features: 2 })).toMatchObject({
      ...QUICK_DEFAULTS,
      ...given,
    });
  });

  it('spells --quick out as options', () => {
    expect(quickFlags()).toMatch(/--learning-rate 0\.01 .*--sampling-steps \d/);
  });
});
