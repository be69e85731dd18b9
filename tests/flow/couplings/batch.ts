import { createCoupling, type CouplingKind } from '../../../src/flow/couplings/registry.js';
import type { FlowGeometry } from '../../../src/flow/geometry.js';
import type { WeightSpace } from '../../../src/flow/weight-space.js';
import { architecture, type Architecture } from '../../../src/network/architecture.js';
import { initialise } from '../../../src/network/initialise.js';
import { Random } from '../../../src/random.js';
import { fittedSpace } from '../../support/fitted-space.js';

export const DEEP = architecture([3, 6, 5, 2]);

/** Noise and data that are to be paired. */
export interface Batch {
  readonly space: WeightSpace;
  /** The networks that x1 stands for. */
  readonly networks: readonly Float32Array[];
  readonly x0: readonly Float32Array[];
  readonly x1: readonly Float32Array[];
}

export interface BatchOptions {
  /** Default {@link DEEP}. */
  readonly architecture?: Architecture;
  /** Default 2. */
  readonly seed?: number;
  /** Default 4. */
  readonly size?: number;
}

export async function batchOf(
  geometry: FlowGeometry,
  { architecture: arch = DEEP, seed = 2, size = 4 }: BatchOptions = {},
): Promise<Batch> {
  const rows = Array.from({ length: size }, (_, row) => row);
  const networks = rows.map((row) => initialise(arch, new Random(seed, 'data', row)));
  const space = await fittedSpace(arch, networks, geometry);
  return {
    space,
    networks,
    x0: rows.map((row) => space.prior(new Random(seed, 'noise', row))),
    x1: networks.map((network) => space.standardise(network)),
  };
}

export function couple(kind: CouplingKind, { space, x0, x1 }: Batch): readonly Float32Array[] {
  return createCoupling(kind, space)(x0, x1);
}

/** Total squared distance of pairs. */
export function totalCost(
  { space, x0 }: Pick<Batch, 'space' | 'x0'>,
  x1: readonly Float32Array[],
): number {
  return x0.reduce((sum, start, row) => sum + space.squaredDistance(start, x1[row]!), 0);
}
