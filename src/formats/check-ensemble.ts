import { ensure } from '../errors.js';
import { CLASSIFIER_FORMATS, fileFormat } from './network-format.js';
import type { NetworkRequest } from './provenance.js';

/** How many networks a job draws, and what becomes of them. */
export interface CountedNetworks extends Pick<NetworkRequest, 'ensemble'> {
  readonly count: number;
}

/** Number of files that a job becomes: one for each network, or one for the whole ensemble. */
export function fileCount({ count, ensemble }: CountedNetworks): number {
  return ensemble === undefined ? count : 1;
}

/**
 * Number of networks to draw for a request, which names a count or an ensemble.
 *
 * @throws WeightspringError `invalid-argument` for both
 */
export function networksToDraw({ count, ensemble }: CountedNetworks): number {
  ensure(
    ensemble === undefined || count === 1,
    'invalid-argument',
    () =>
      `expected a count or an ensemble, got a count of ${count} and an ensemble of ` +
      `${String(ensemble)}: ask for several ensembles one by one, each with its seed`,
    'count',
  );
  return ensemble ?? count;
}

/** @throws WeightspringError `invalid-argument`, naming the field, for what no ensemble can be */
export function checkEnsemble({
  ensemble,
  memberProbabilities = false,
  format,
  count,
}: CountedNetworks & Pick<NetworkRequest, 'memberProbabilities' | 'format'>): void {
  ensure(
    ensemble !== undefined || !memberProbabilities,
    'invalid-argument',
    () => 'only an ensemble has probabilities of members: ask for an ensemble too',
    'memberProbabilities',
  );
  if (ensemble === undefined) return;
  ensure(
    fileFormat(format).holds === 'classifier',
    'invalid-argument',
    () =>
      'an ensemble averages what its members answer, which a file of weights cannot: ask for ' +
      `${CLASSIFIER_FORMATS.join(' or ')}, or for the networks one by one with count`,
    'format',
  );
  ensure(
    count === ensemble,
    'invalid-argument',
    () => `an ensemble of ${ensemble} is drawn with a count of ${ensemble}, got ${count}`,
    'ensemble',
  );
}
