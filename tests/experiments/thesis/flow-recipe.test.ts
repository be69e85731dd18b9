import { describe, expect, it } from 'vitest';
import { MNIST_BUDGETS } from '../../../src/experiments/mnist/budget.js';
import {
  MNIST_ARCHITECTURE,
  MNIST_VARIANTS,
  mnistRecipe,
} from '../../../src/experiments/mnist/mnist-recipe.js';
import { variantConfig } from '../../../src/experiments/thesis/flow-recipe.js';
import { WDBC_BUDGETS } from '../../../src/experiments/wdbc/budget.js';
import { WDBC_VARIANTS, wdbcRecipe } from '../../../src/experiments/wdbc/wdbc-recipe.js';
import { architecture } from '../../../src/network/architecture.js';
import type { FlowTrainingConfig } from '../../../src/training/flow-training-config.js';

const wdbc = (name: string): FlowTrainingConfig => {
  const variant = WDBC_VARIANTS.find((one) => one.name === name)!;
  const recipe = wdbcRecipe(WDBC_BUDGETS.full);
  return variantConfig(variant, architecture([30, 16, 16, 2]), recipe, 1);
};
const mnist = (name: string): FlowTrainingConfig => {
  const variant = MNIST_VARIANTS.find((one) => one.name === name)!;
  return variantConfig(variant, MNIST_ARCHITECTURE, mnistRecipe(MNIST_BUDGETS.full), 1);
};

describe('variantConfig', () => {
  it('is for WDBC, to the letter, what stopped runs and stored flows have', () => {
    expect(JSON.stringify(wdbc('wdbc-geometric-aligned-ot'))).toBe(
      '{"geometry":"geometric","prediction":"endpoint","loss":"chord","coupling":"ot",' +
        '"times":"beta","batchSize":64,"steps":1500,"learningRate":0.001,' +
        '"schedule":{"kind":"one-cycle"},"weightDecay":0.0001,"clipNorm":1,' +
        '"averageDecay":0.999,"seed":1,"velocity":{"kind":"neuron-transformer","width":96,' +
        '"blocks":2,"heads":4,"edgeWidth":16,"edgeUpdate":"full","mlpRatio":4,"slots":16,' +
        '"inputs":30,"outputs":2,"maxHiddenLayers":2}}',
    );
    expect(wdbc('wdbc-euclidean-equivariant')).toMatchObject({
      coupling: 'equivariant',
      velocity: { slots: 0 },
    });
  });

  it.each([
    ['euclidean', 'biases', undefined],
    ['normalized', 'biases', 'coordinates'],
    ['geometric', 'euclidean', 'coordinates'],
  ])('is for MNIST the recipe of reduced networks: %s', (geometry, skip, lossMean) => {
    const config = mnist(`mnist-${geometry}-equivariant`);
    expect(config).toMatchObject({
      geometry,
      skip,
      coupling: 'equivariant',
      prior: 'matched',
      inputMetric: 128,
      behaviour: { weight: 0.5, rows: 128 },
      learningRate: 3e-3,
      steps: 1000,
      velocity: { inputs: 128, outputs: 10, maxHiddenLayers: 1, edgeUpdate: 'lean', slots: 0 },
    });
    expect(config.lossMean).toBe(lossMean);
    expect(mnist(`mnist-${geometry}-aligned`)).toMatchObject({
      coupling: 'independent',
      velocity: { slots: 10 },
    });
  });
});
