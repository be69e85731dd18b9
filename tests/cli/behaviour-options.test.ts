import { describe, expect, it } from 'vitest';
import { behaviourOf, chosenBehaviour } from '../../src/cli/behaviour-options.js';

const trainedWith = (config: object) => ({ training: { config, engine: 'ort-cpu' } });

describe('the behaviour loss of a training', () => {
  it('is none unless a weight is given', () => {
    expect(chosenBehaviour({})).toEqual({});
    expect(chosenBehaviour({ behaviourRows: 64 })).toEqual({});
    expect(chosenBehaviour({ behaviour: 0.25 })).toEqual({
      behaviour: { weight: 0.25, rows: 128 },
    });
  });

  it('is that of its flow for a flow map, or 0.5 if the flow had none', () => {
    const behaviour = { weight: 0.25, rows: 64 };
    expect(behaviourOf(trainedWith({ behaviour }))).toEqual(behaviour);
    const half = { weight: 0.5, rows: 128 };
    for (const config of [{}, { behaviour: { weight: -1, rows: 64 } }]) {
      expect(behaviourOf(trainedWith(config))).toEqual(half);
    }
    expect(behaviourOf({ training: {} })).toEqual(half);
  });

  it('gives way to each option that is given, and to none at 0', () => {
    const taught = { weight: 0.25, rows: 64 };
    expect(chosenBehaviour({}, taught)).toEqual({ behaviour: taught });
    expect(chosenBehaviour({ behaviour: 1 }, taught)).toEqual({
      behaviour: { weight: 1, rows: 64 },
    });
    expect(chosenBehaviour({ behaviourRows: 8 }, taught)).toEqual({
      behaviour: { weight: 0.25, rows: 8 },
    });
    expect(chosenBehaviour({ behaviour: 0 }, taught)).toEqual({});
  });
});
