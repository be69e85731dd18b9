import { formatLayers } from '../network/architecture.js';
import { ensure } from '../errors.js';
import type { Shape } from '../onnx/dim.js';
import { pointShapes, symbolicPointShapes } from './point-shapes.js';
import { hiddenLayersOfPoint } from './velocity-network.js';

/** The architectures that one set of parameters of a velocity network serves. */
export interface ServedArchitectures {
  /** Numbers of hidden layers, ascending. */
  readonly depths: readonly number[];
  /** Of a hidden layer. */
  readonly widths: { readonly min: number; readonly max: number };

  /**
   * Shapes of a batch of points of one of the depths, with symbols for the widths that are free:
   * what a graph is recorded with.
   */
  pointShapes(hidden: number, withScale: boolean): readonly Shape[];

  /** @throws WeightspringError `unsupported-architecture` for layer widths that it does not serve */
  ensureServes(layers: readonly number[]): void;

  /**
   * As {@link ensureServes}, for the tensors of a point. A symbolic width passes where any does.
   *
   * @throws WeightspringError `unsupported-architecture`
   */
  ensureServesPoint(shapes: readonly Shape[]): void;
}

export interface AnyWidths {
  readonly inputs: number;
  readonly outputs: number;
  readonly maxHiddenLayers: number;
  /** Most neurons of a hidden layer; none by default. */
  readonly maxWidth?: number;
}

/** Every hidden width, and 1 to `maxHiddenLayers` hidden layers. */
export function anyWidths({
  inputs,
  outputs,
  maxHiddenLayers,
  maxWidth = Infinity,
}: AnyWidths): ServedArchitectures {
  const ensureDepth = (hidden: number): void => {
    ensure(
      hidden >= 1 && hidden <= maxHiddenLayers,
      'unsupported-architecture',
      () => `expected 1 to ${maxHiddenLayers} hidden layers, got ${hidden}`,
      'architecture.layers',
    );
  };
  return {
    depths: Array.from({ length: maxHiddenLayers }, (_, index) => index + 1),
    widths: { min: 1, max: maxWidth },
    pointShapes: (hidden, withScale) => symbolicPointShapes(hidden, inputs, outputs, withScale),
    ensureServes: (layers) => {
      const hidden = layers.slice(1, -1);
      ensureDepth(hidden.length);
      ensure(
        layers[0] === inputs && layers.at(-1) === outputs && Math.max(...hidden) <= maxWidth,
        'unsupported-architecture',
        () =>
          `the velocity network serves ${inputs}-…-${outputs}` +
          `${maxWidth === Infinity ? '' : ` with at most ${maxWidth} neurons in a hidden layer`}, ` +
          `got ${formatLayers(layers)}`,
        'architecture.layers',
      );
    },
    ensureServesPoint: (shapes) => {
      ensureDepth(hiddenLayersOfPoint(shapes.length));
    },
  };
}

/** One architecture, given by all its widths. */
export function oneArchitecture(layers: readonly number[]): ServedArchitectures {
  const hidden = layers.length - 2;
  const ensureServes = (others: readonly (number | string)[]): void => {
    ensure(
      others.length === layers.length && others.every((width, index) => width === layers[index]),
      'unsupported-architecture',
      () => `the velocity network serves only ${formatLayers(layers)}, got ${others.join('-')}`,
      'architecture.layers',
    );
  };
  return {
    depths: [hidden],
    widths: { min: Math.min(...layers.slice(1, -1)), max: Math.max(...layers.slice(1, -1)) },
    pointShapes: (_, withScale) => pointShapes(layers, withScale),
    ensureServes,
    ensureServesPoint: (shapes) => {
      const weights = shapes.filter(({ length }) => length === 3);
      ensureServes([
        ...weights.slice(0, 1).map((shape) => shape[1] ?? 0),
        ...weights.map((shape) => shape[2] ?? 0),
      ]);
    },
  };
}
