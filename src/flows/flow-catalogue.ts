import type { FlowSummary } from './flow-summary.js';

/** An entry of the models folder that is not served. */
export interface RefusedFlow {
  /** Of its folder. */
  readonly name: string;
  readonly reason: string;
}

/** What a models folder holds. */
export interface FlowCatalogue {
  readonly flows: readonly FlowSummary[];
  readonly refused: readonly RefusedFlow[];
}

/** How the flows differ from those before, by name. */
export interface FlowChanges {
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  readonly removed: readonly string[];
  readonly refused: readonly RefusedFlow[];
}
