import { z } from 'zod';
import { digest } from '../data/digest.js';
import type { FlowFigure } from '../flows/flow-figures.js';
import type { Novelty } from '../flows/flow-novelty.js';
import { parseJson } from '../files/parse-json.js';
import { architectureIn, architectureKey, type Architecture } from '../network/architecture.js';

/** How new a generated network is, by what the flow keeps of its zoo, and what proves its weights. */
export const noveltyCertificateSchema = z.strictObject({
  noveltyDistance: z
    .number()
    .min(0)
    .nullable()
    .describe(
      'Distance to the nearest trained network of the architecture over all orders of hidden ' +
        'neurons, in the coordinates of the flow; null where there is none to compare with.',
    ),
  noveltyRatio: z
    .number()
    .min(0)
    .nullable()
    .describe(
      'The distance over the median among trained runs of that to the nearest other run: 1 for an ' +
        'independent run, 0 for a copy.',
    ),
  noveltyNearestRun: z.int().min(0).nullable().describe('Number of that run in the zoo.'),
  noveltyRuns: z.int().min(0).describe('Number of trained runs that it was compared with.'),
  noveltyMedianRatio: z
    .number()
    .min(0)
    .nullable()
    .describe("Median ratio of the flow's networks here by its card; null where it has none."),
  noveltyReason: z.string().nullable().describe('Why the distance or the ratio is null.'),
  weightsSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe(
      'SHA-256 of the weights that the file holds: float32, little-endian, tensor by tensor, dense ' +
        'weights as [in, out].',
    ),
});

export type NoveltyCertificate = z.output<typeof noveltyCertificateSchema>;

/** What stands behind a certificate. */
export interface CertificateEvidence {
  readonly novelty: Novelty;
  readonly medianRatio: number | null;
  /** As the file holds them. */
  readonly weights: Float32Array;
}

/** Distances are told to so many digits: more would be rounding of the finals to float16. */
const DIGITS = 6;

export function certificateOf({
  novelty,
  medianRatio,
  weights,
}: CertificateEvidence): NoveltyCertificate {
  const measured = 'reason' in novelty ? null : novelty;
  const ratio = measured?.ratio;
  const alone = 'the zoo has one run of this architecture, and no distance between runs';
  return {
    noveltyDistance: measured === null ? null : rounded(measured.nearest.distance),
    noveltyRatio: typeof ratio === 'number' ? rounded(ratio) : null,
    noveltyNearestRun: measured?.nearest.run ?? null,
    noveltyRuns: measured?.runs ?? 0,
    noveltyMedianRatio: medianRatio,
    noveltyReason: 'reason' in novelty ? novelty.reason : novelty.ratio === null ? alone : null,
    weightsSha256: digest(weights),
  };
}

/** What a card tells its figures apart by, beside the architecture. */
interface SamplingWay {
  readonly solver: string;
  readonly steps: number;
}

/**
 * The median novelty ratio that the card measured at an architecture: with the solver and steps of
 * the request, else with the flow's own; null where it did not.
 *
 * @param figures - of the flow
 * @param usual - how the flow samples where a request does not say
 */
export function cardedMedianRatio(
  figures: readonly FlowFigure[],
  { architecture, solver, steps }: SamplingWay & { readonly architecture: Architecture },
  usual: SamplingWay,
): number | null {
  const key = architectureKey(architecture);
  const here = figures.filter((figure) => architectureKey(architectureIn(figure)) === key);
  for (const way of [{ solver, steps }, usual]) {
    const found = here.find((figure) => figure.solver === way.solver && figure.steps === way.steps);
    if (typeof found?.noveltyMedianRatio === 'number') return rounded(found.noveltyMedianRatio);
  }
  return null;
}

/** A certificate as metadata of a file: strings, JSON where they are not. */
export function certificateMetadata(certificate: NoveltyCertificate): Record<string, string> {
  return Object.fromEntries(
    Object.entries(certificate).map(([key, value]: [string, string | number | null]) => [
      key,
      typeof value === 'string' ? value : String(value),
    ]),
  );
}

/** The certificate in the metadata of a file; null where they have none that makes sense. */
export function certificateIn(
  metadata: Readonly<Record<string, string>>,
): NoveltyCertificate | null {
  const { weightsSha256, noveltyReason, ...others } = metadata;
  const texts = Object.entries(others).filter(([key]) => key.startsWith('novelty'));
  try {
    return noveltyCertificateSchema.parse({
      ...Object.fromEntries(texts.map(([key, text]) => [key, parseJson(text)])),
      noveltyReason: noveltyReason === 'null' ? null : noveltyReason,
      weightsSha256,
    });
  } catch {
    return null;
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
