import { Random } from '../../src/random.js';
import { tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';

/** A batch of three points with a matrix and a vector each. */
export const SHAPES = [
  [3, 2, 4],
  [3, 4],
] as const;

/** Standard normal values in {@link SHAPES}. */
export function randomPoint(label: string): ReferenceTensor[] {
  return SHAPES.map((shape, index) => {
    const size = shape.reduce<number>((product, dim) => product * dim, 1);
    return tensor(new Random(6, label, index).normals(size), shape);
  });
}

/** Which row of the batch an element belongs to. */
export function rowOf({ shape, data }: ReferenceTensor, element: number): number {
  return Math.floor((element * shape[0]!) / data.length);
}
