import { type Architecture } from '../../src/network/architecture.js';
import { pointGeometry, type FlowGeometry } from '../../src/flow/geometry.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { anyWidths } from '../../src/velocity/served-families.js';
import type { VelocityNetwork } from '../../src/velocity/velocity-network.js';
import { layoutIn } from '../support/point-of.js';

export type Point = readonly ReferenceTensor[];

const ops = new ReferenceOps();

/** Shapes of a batch of points. */
export function shapesOf(
  arch: Architecture,
  geometry: FlowGeometry,
  batch: number,
): readonly (readonly number[])[] {
  return layoutIn(geometry, arch).tensors.map(({ shape }) => [batch, ...shape]);
}

/** Standard normal values of any shapes. */
export function noise(shapes: readonly (readonly number[])[], label: string): Point {
  return shapes.map((shape, index) => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    return tensor(new Random(6, label, index).normals(size), shape);
  });
}

/** A batch of points of the prior: standard normal, uniform where there are spheres. */
export function priorPoint(
  arch: Architecture,
  geometry: FlowGeometry,
  batch: number,
  label: string,
): Point {
  const { data } = pointGeometry(geometry, layoutIn(geometry, arch).tensors);
  return data.samplePrior(ops, noise(shapesOf(arch, geometry, batch), label));
}

/** Which row of the batch an element belongs to. */
export function rowOf({ shape, data }: ReferenceTensor, element: number): number {
  return Math.floor((element * shape[0]!) / data.length);
}

/** The largest difference of two points, element by element; NaN counts as infinite. */
export function gap(a: Point, b: Point): number {
  return Math.max(
    ...a.flatMap(({ data }, index) =>
      Array.from(data, (value, i) => {
        const difference = Math.abs(value - b[index]!.data[i]!);
        return Number.isNaN(difference) ? Infinity : difference;
      }),
    ),
  );
}

/** `factor · point` */
export function scaled(point: Point, factor: number): Point {
  return point.map((part) => ops.mul(part, ops.constant(factor)));
}

/** Element by element from values in the same places of other points. */
export function mapPoint(
  point: Point,
  value: (x: number, tensorIndex: number, element: number) => number,
): Point {
  return point.map(({ shape, data }, index) => ({
    shape,
    data: data.map((x, element) => value(x, index, element)),
  }));
}

/** A velocity network without parameters, given by its function. */
export function networkOf(predict: VelocityNetwork['predict']): VelocityNetwork {
  const served = anyWidths({ inputs: 3, outputs: 2, maxHiddenLayers: 3 });
  return { served, predict };
}

/** A velocity network that answers one and the same output. */
export function answering(output: Point): VelocityNetwork {
  return networkOf((o) => output.map(({ data, shape }) => o.constant(data, shape)));
}

/** A velocity network that answers its parameters f0, f1, …, one per tensor. */
export function answeringParameters(shapes: readonly (readonly number[])[]): VelocityNetwork {
  return networkOf((_, parameter) =>
    shapes.map((shape, index) => parameter(`f${index}`, shape, { kind: 'zeros' })),
  );
}

/** The source of the parameters of networks that have none. */
export function noParameters(name: string): never {
  throw new Error(`no parameter ${name}`);
}
