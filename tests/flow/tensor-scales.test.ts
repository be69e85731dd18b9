import { describe, expect, it } from 'vitest';
import { architecture, type Architecture } from '../../src/network/architecture.js';
import { widthsOf } from '../support/widths-of.js';
import { networkOf } from '../../src/network/network.js';
import {
  fitTensorScales,
  tensorScales,
  type PopulationGroup,
  type ScaleLaw,
} from '../../src/flow/tensor-scales.js';

const LAWS: readonly ScaleLaw[] = [
  { intercept: -0.5, fanIn: 0, fanOut: -0.2 },
  { intercept: -1, fanIn: 0, fanOut: 0.3 },
  { intercept: -0.7, fanIn: -0.6, fanOut: 0.25 },
  { intercept: -2, fanIn: -0.1, fanOut: -0.4 },
  { intercept: 0.2, fanIn: -0.5, fanOut: 0 },
  { intercept: -3, fanIn: 0.2, fanOut: 0 },
];

/** The scale that a law of {@link LAWS} gives a tensor, from the formula in plain numbers. */
function trueScale(arch: Architecture, tensor: number): number {
  const layers = widthsOf(arch);
  const law = LAWS[tensor]!;
  const layer = Math.floor(tensor / 2);
  return (
    Math.exp(law.intercept) *
    (layers[layer]! / 16) ** law.fanIn *
    (layers[layer + 1]! / 16) ** law.fanOut
  );
}

/** Two networks whose root mean square is exactly the true scale, unlike that of either alone. */
function group(layers: readonly number[]): PopulationGroup {
  const arch = architecture(layers);
  const network = (factor: number): Float32Array => {
    const weights = new Float32Array(networkOf(arch).parameters);
    networkOf(arch).slots.forEach(({ offset, size }, tensor) => {
      for (let i = 0; i < size; i++) {
        weights[offset + i] = (i % 2 === 0 ? factor : -factor) * trueScale(arch, tensor);
      }
    });
    return weights;
  };
  return { architecture: arch, networks: [network(Math.sqrt(0.5)), network(Math.sqrt(1.5))] };
}

const POPULATION = [
  [16, 4, 4, 16],
  [16, 4, 32, 16],
  [16, 32, 4, 16],
  [16, 64, 16, 16],
  [16, 16, 64, 16],
].map(group);

describe('tensor scales', () => {
  it('recovers the exponents of a power law (5e-3: the ridge)', () => {
    const fitted = fitTensorScales(POPULATION)['16-h1-h2-16']!;
    expect(fitted).toHaveLength(LAWS.length);
    fitted.forEach((law, tensor) => {
      const truth = LAWS[tensor]!;
      for (const part of ['intercept', 'fanIn', 'fanOut'] as const) {
        expect(Math.abs(law[part] - truth[part]), `${part} of tensor ${tensor}`).toBeLessThan(5e-3);
      }
    });
  });

  it('gives the scale at widths that it never saw (relative 1e-2)', () => {
    const scales = fitTensorScales(POPULATION);
    for (const layers of [
      [16, 10, 10, 16],
      [16, 128, 8, 16],
    ]) {
      const arch = architecture(layers);
      tensorScales(scales, arch).forEach((scale, tensor) => {
        expect(Math.abs(scale / trueScale(arch, tensor) - 1), `tensor ${tensor}`).toBeLessThan(
          1e-2,
        );
      });
    }
  });

  it('takes the root mean square itself, at every width, from one architecture (1e-6)', () => {
    const only = group([16, 8, 8, 16]);
    const scales = fitTensorScales([only]);
    const wider = tensorScales(scales, architecture([16, 64, 32, 16]));
    tensorScales(scales, only.architecture).forEach((scale, tensor) => {
      expect(Math.abs(scale / trueScale(only.architecture, tensor) - 1)).toBeLessThan(1e-6);
      expect(wider[tensor]).toBeCloseTo(scale, 12);
    });
  });

  it('fits each family apart', () => {
    const shallow = architecture([3, 5, 2]);
    const ones = { architecture: shallow, networks: [new Float32Array(32).fill(1)] };
    const both = fitTensorScales([...POPULATION, ones]);
    expect(both['16-h1-h2-16']).toEqual(fitTensorScales(POPULATION)['16-h1-h2-16']);
    tensorScales(both, shallow).forEach((scale) => {
      expect(scale).toBeCloseTo(1, 12);
    });
  });

  it('keeps a tensor that is zero throughout finite', () => {
    const arch = architecture([3, 5, 2]);
    const scales = tensorScales(
      fitTensorScales([{ architecture: arch, networks: [new Float32Array(32)] }]),
      arch,
    );
    expect(scales.every((scale) => scale > 0 && Number.isFinite(1 / scale))).toBe(true);
  });

  it('refuses a family that was never fitted, and names those that were', () => {
    const scales = fitTensorScales(POPULATION);
    expect(() => tensorScales(scales, architecture([16, 8, 16]))).toThrow(
      expect.objectContaining({
        code: 'unsupported-architecture',
        field: 'architecture.layers',
        message: 'expected an architecture like 16-h1-h2-16, got 16-8-16/relu',
      }) as Error,
    );
  });
});
