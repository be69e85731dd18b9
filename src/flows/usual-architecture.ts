import { architectureIn, type Architecture } from '../network/architecture.js';
import type { TrainedArchitecture } from './flow-summary.js';

/**
 * The default architecture of requests: the one with most runs in the flow's zoo, the first in case
 * of ties; null without a zoo.
 */
export function usualArchitecture({
  architectures,
}: {
  readonly architectures: readonly TrainedArchitecture[];
}): Architecture | null {
  const [usual] = [...architectures].sort((a, b) => b.runs - a.runs);
  return usual === undefined ? null : architectureIn(usual);
}
