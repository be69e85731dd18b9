import { architectureIn, type Architecture } from '../network/architecture.js';
import type { TrainedArchitecture } from './flow-summary.js';

/**
 * The architecture that a request gets which names none: with most runs in the flow's zoo, the first
 * of several; null where the flow knows of no zoo.
 */
export function usualArchitecture({
  architectures,
}: {
  readonly architectures: readonly TrainedArchitecture[];
}): Architecture | null {
  const [usual] = [...architectures].sort((a, b) => b.runs - a.runs);
  return usual === undefined ? null : architectureIn(usual);
}
