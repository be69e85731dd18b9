import { architectureName, type Architecture } from '../network/architecture.js';
import type { Table } from '../files/table.js';
import type { NetworkLikelihood } from './network-likelihood.js';

interface NamedArchitecture {
  readonly name: string;
  readonly architecture: Architecture;
}

/** A row per network. */
export function likelihoodTable(rows: readonly (NetworkLikelihood & NamedArchitecture)[]): Table {
  const isTruncated = rows.some(({ inputResidual }) => inputResidual !== undefined);
  const nats = (value: number): string => value.toFixed(2);
  return {
    columns: [
      { header: 'network' },
      { header: 'architecture' },
      { header: 'log density (nats)', format: nats },
      { header: '± standard error', format: nats },
      { header: 'bits per dimension' },
      { header: 'under the prior' },
      ...(isTruncated ? [{ header: 'left out of the inputs' }] : []),
    ],
    rows: rows.map((row) => [
      row.name,
      architectureName(row.architecture),
      row.logDensity,
      row.standardError,
      row.bitsPerDimension,
      row.priorBitsPerDimension,
      ...(isTruncated ? [leftOut(row)] : []),
    ]),
  };
}

function leftOut({ inputResidual = 0, isOutsideSupport }: NetworkLikelihood): string {
  return `${(100 * inputResidual).toFixed(1)} %${isOutsideSupport === true ? ', outside the support' : ''}`;
}
