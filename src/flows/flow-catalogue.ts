import type { FlowSummary } from './flow-summary.js';

/** An entry of a models folder that is not served. */
export interface RefusedFlow {
  /** Name of its folder. */
  readonly name: string;
  readonly reason: string;
}

/** The content of all models folders. */
export interface FlowCatalogue {
  readonly flows: readonly FlowSummary[];
  readonly refused: readonly RefusedFlow[];
}

/** Names of the flows that a reload changed. */
export interface FlowChanges {
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  readonly removed: readonly string[];
  readonly refused: readonly RefusedFlow[];
}
