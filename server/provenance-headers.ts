import type { Response } from 'express';
import type { Provenance } from '../src/index.js';

interface ProvenanceHeader {
  readonly name: string;
  readonly description: string;
  readonly type: 'integer' | 'boolean';
}

/** The part of a file's provenance that headers repeat: what the request may have left out. */
export const PROVENANCE_HEADERS = {
  seed: {
    name: 'Weightspring-Seed',
    description: 'The seed used, given or drawn.',
    type: 'integer',
  },
  extrapolated: {
    name: 'Weightspring-Extrapolated',
    description: "Whether the architecture lies outside the hull of the flow's zoo.",
    type: 'boolean',
  },
} as const satisfies Partial<Record<keyof Provenance, ProvenanceHeader>>;

type Field = keyof typeof PROVENANCE_HEADERS;

/** Sets the headers of the given fields. */
export function setProvenance(res: Response, provenance: Partial<Pick<Provenance, Field>>): void {
  for (const field of Object.keys(PROVENANCE_HEADERS) as Field[]) {
    const value = provenance[field];
    if (value !== undefined) res.set(PROVENANCE_HEADERS[field].name, String(value));
  }
}
