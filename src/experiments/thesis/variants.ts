import type { CouplingKind } from '../../flow/couplings/registry.js';
import { FLOW_GEOMETRIES, type FlowGeometry } from '../../flow/geometry.js';

/** How the permutation symmetry is handled, in the order of the table. */
export const SETTINGS = ['raw', 'aligned', 'aligned-ot', 'equivariant'] as const;
export type Setting = (typeof SETTINGS)[number];

/** One flow of the experiment. */
export interface Variant {
  /** Name of the stored flow: `wdbc-geometric-aligned-ot`. */
  readonly name: string;
  readonly geometry: FlowGeometry;
  readonly setting: Setting;
}

/**
 * - `raw`: networks as trained, independent coupling
 * - `aligned`: aligned to one reference; the velocity network has learned embeddings of the neurons
 * - `aligned-ot`: the same with exact mini-batch optimal transport
 * - `equivariant`: networks as trained, each permuted to match its noise; an equivariant network
 */
export const SETTING_DETAILS: Readonly<
  Record<
    Setting,
    { readonly isAligned: boolean; readonly hasSlots: boolean; readonly coupling: CouplingKind }
  >
> = {
  raw: { isAligned: false, hasSlots: false, coupling: 'independent' },
  aligned: { isAligned: true, hasSlots: true, coupling: 'independent' },
  'aligned-ot': { isAligned: true, hasSlots: true, coupling: 'ot' },
  equivariant: { isAligned: false, hasSlots: false, coupling: 'equivariant' },
};

/** All flows over networks of a task: every geometry in every setting. */
export function variantsOf(task: string): readonly Variant[] {
  return FLOW_GEOMETRIES.flatMap((geometry) =>
    SETTINGS.map((setting) => ({ name: `${task}-${geometry}-${setting}`, geometry, setting })),
  );
}
