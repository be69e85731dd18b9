import type { FlowGeometry } from '../../src/flow/geometry.js';
import { isCanonical } from '../../src/flow/geometry.js';
import { architecture, type Architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { networkLayout, type Point, type PointLayout } from '../../src/network/point-layout.js';

interface Shaped {
  readonly shape: readonly number[];
}

/** The layout of the points of an architecture in a flow's coordinates. */
export function layoutIn(geometry: FlowGeometry, arch: Architecture): PointLayout<number> {
  return networkLayout(arch, isCanonical(geometry));
}

/**
 * The layout of a perceptron's point by the shapes of its tensors: weights have three axes, the log
 * scale is what is left beside a bias for every weight.
 */
export function layoutOf(tensors: readonly Shaped[]): PointLayout<number> {
  const weights = tensors.filter(({ shape }) => shape.length === 3).map(({ shape }) => shape);
  const widths = [weights[0]![1]!, ...weights.map((shape) => shape[2]!)];
  return networkLayout(architecture(widths), tensors.length > 2 * weights.length);
}

/** Tensors as a point of the perceptron that they are of. */
export function pointOf<T extends Shaped>(tensors: readonly T[]): Point<T> {
  return { layout: layoutOf(tensors), tensors };
}

/** One value for the family of an architecture, as flows have laws. */
export function forFamily<V>(arch: Architecture, value: V): Readonly<Record<string, V>> {
  return { [networkOf(arch).family.key]: value };
}
