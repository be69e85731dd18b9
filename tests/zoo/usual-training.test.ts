import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { imageRecipe } from '../../src/zoo/image-recipes.js';
import { zooRecipe } from '../../src/zoo/recipes.js';
import { usualTraining } from '../../src/zoo/usual-training.js';

const features = (count: number): string[] => Array.from({ length: count }, (_, i) => `p${i}`);
const MNIST = {
  task: 'mnist',
  isBuiltIn: true,
  featureNames: features(784),
  classNames: features(10),
  sharedUnit: true,
  split: { train: new Int32Array(1000), validation: new Int32Array(0), test: new Int32Array(0) },
};
const perceptron = architecture([784, 10, 10]);
const convolutional = imageRecipe('mnist', false).architectures[0]!.architecture;

describe('usualTraining', () => {
  it('is that of images for convolutional networks, and of the data set for others', () => {
    const { training: ofImages } = imageRecipe('mnist', false);
    const { training } = zooRecipe('mnist');
    expect(usualTraining(MNIST, [convolutional])).toBe(ofImages);
    expect(usualTraining(MNIST, [perceptron])).toBe(training);
    expect(usualTraining(MNIST, [convolutional, perceptron])).toBe(training);
    const thesis = zooRecipe('mnist', 'thesis');
    expect(usualTraining(MNIST, [perceptron], thesis)).toBe(thesis.training);
  });

  it("is that of the data set for data of the user's, whatever they are called", () => {
    const own = { ...MNIST, isBuiltIn: false };
    expect(usualTraining(own, [convolutional])).toEqual(zooRecipe(own).training);
  });
});
