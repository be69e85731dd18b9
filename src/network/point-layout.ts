import type { Dim, Shape } from '../onnx/dim.js';
import type { Architecture } from './architecture.js';
import type { Family } from './family.js';
import { networkOf } from './network.js';
import { OUTPUT, type Neurons } from './neurons.js';
import type { TensorFacts } from './slots.js';

/** A tensor of a point: a tensor of the network, or the log of the scale of its last layer. */
export interface PointTensor<D extends Dim = Dim> extends Pick<
  TensorFacts<D>,
  'name' | 'node' | 'shape' | 'axes' | 'from' | 'to' | 'sphere' | 'features'
> {
  readonly role: TensorFacts['role'] | 'log-scale';
}

/** The layout of a flow's coordinates: for one network, or with symbolic sizes for a family. */
export interface PointLayout<D extends Dim = Dim> {
  /** Features, hidden neurons, classes. */
  readonly neurons: readonly Neurons<D>[];
  readonly tensors: readonly PointTensor<D>[];
}

/** A point in any interpreter: a batch of networks, tensor by tensor. */
export interface Point<T> {
  readonly layout: PointLayout;
  /** `[batch, …shape]`, in the order of the layout. */
  readonly tensors: readonly T[];
}

/**
 * The log of the scale of the last layer, which canonical forms have in addition to their weights.
 */
const LOG_SCALE = {
  name: 's',
  role: 'log-scale',
  // Belongs to no layer.
  node: '',
  shape: [1],
  axes: [null],
  from: null,
  to: OUTPUT,
  sphere: null,
  features: 1,
} as const;

/**
 * The layout of the points of a family.
 *
 * @param isCanonical - whether they are canonical forms, with the log scale as the last tensor
 */
export function familyLayout(
  { neurons, tensors }: Pick<Family, 'neurons' | 'tensors'>,
  isCanonical: boolean,
): PointLayout {
  return { neurons, tensors: isCanonical ? [...tensors, LOG_SCALE] : tensors };
}

/** The layout of the points of one architecture, as {@link familyLayout}. */
export function networkLayout(arch: Architecture, isCanonical: boolean): PointLayout<number> {
  const { neurons, slots } = networkOf(arch);
  return { neurons, tensors: isCanonical ? [...slots, LOG_SCALE] : slots };
}

/** Shapes of a batch of points: `w1 [batch, d_0, d_1]`, `b1 [batch, d_1]`, … */
export function batchShapes({ tensors }: PointLayout, batch: Dim = 'batch'): readonly Shape[] {
  return tensors.map(({ shape }) => [batch, ...shape]);
}

/** Number of sets of hidden neurons: hidden layers of a perceptron. */
export function hiddenCount({ neurons }: Pick<PointLayout, 'neurons'>): number {
  return neurons.filter(({ isFixed }) => !isFixed).length;
}
