import { describe, expect, it } from 'vitest';
import { QUICK_DEFAULTS, quickFlags, withTrainDefaults } from '../../src/cli/train-defaults.js';
import { FLOW_TRAINING_DEFAULTS } from '../../src/training/flow-training-config.js';

describe('withTrainDefaults', () => {
  it('takes those of every training without --quick', () => {
    const { batchSize: batch, steps, learningRate } = FLOW_TRAINING_DEFAULTS;
    expect(withTrainDefaults({})).toEqual({ batch, steps, learningRate, samplingSteps: 8 });
  });

  it('lets what was said count before --quick', () => {
    const given = { quick: true, steps: 7 } as const;
    expect(withTrainDefaults(given)).toEqual({ ...QUICK_DEFAULTS, ...given });
  });

  it('spells --quick out as options', () => {
    expect(quickFlags()).toMatch(/--learning-rate 0\.01 .*--sampling-steps \d/);
  });
});
