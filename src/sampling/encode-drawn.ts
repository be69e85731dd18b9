import { storedStandardisation, type Standardisation } from '../data/standardisation.js';
import type { Novelty } from '../flows/flow-novelty.js';
import { sha256, type OpenedFlow } from '../flows/flow-store.js';
import { cardedMedianRatio, certificateOf } from '../formats/certificate.js';
import { encodeNetwork } from '../formats/encode-network.js';
import { buildEnsemble } from '../formats/ensemble.js';
import { ensembleMetadata } from '../formats/ensemble-metadata.js';
import type { GeneratedNetwork } from '../formats/generated-network.js';
import { weightsAtScale } from '../formats/weight-scale.js';
import { fileMetadata, provenanceOf } from '../formats/provenance.js';
import { encodeModel } from '../onnx/serialize.js';
import type { SampledWeights, SampleJob } from './sample-job.js';

/** Where drawn networks come from. */
export interface DrawnFrom {
  readonly flow: OpenedFlow;
  readonly job: SampleJob;
  /** Whether the architecture lies outside the hull of the flow's zoo. */
  readonly extrapolated: boolean;
  /** Execution provider that drew them. */
  readonly provider: string;
}

/** Metadata of the file of one network. */
type Metadata = Readonly<Record<string, string>>;

/** The networks of a job as files: one each, or one ensemble. */
export function encodeDrawn(
  from: DrawnFrom,
  drawn: readonly SampledWeights[],
): readonly GeneratedNetwork[] {
  const { flow, job } = from;
  const standardisation = storedStandardisation(flow.config.standardisation);
  const describe = describer(from, drawn, standardisation);
  const scaled = drawn.map(({ index, weights }) => ({
    index,
    weights: weightsAtScale(job.architecture, weights, job.weightScale),
  }));
  if (job.ensemble !== undefined) return [encodeEnsemble(job, scaled, standardisation, describe)];
  return scaled.map(({ index, weights }, k) => {
    const content = { weights, standardisation, describe: describe(k) };
    const { bytes, metadata } = encodeNetwork(job, content);
    return { index, bytes, sha256: sha256(bytes), metadata };
  });
}

function encodeEnsemble(
  { architecture, firstIndex: index, memberProbabilities }: SampleJob,
  drawn: readonly SampledWeights[],
  takes: Standardisation,
  describe: (k: number) => (held: Float32Array) => Metadata,
): GeneratedNetwork {
  const members = drawn.map(({ weights }) => ({ architecture, weights, takes }));
  const metadata = ensembleMetadata(members.map(({ weights }, k) => describe(k)(weights)));
  const bytes = encodeModel(buildEnsemble({ members, metadata, memberProbabilities }));
  return { index, bytes, sha256: sha256(bytes), metadata };
}

/** What the file of the k-th network says, by the weights that it holds. */
function describer(
  { flow, job, extrapolated, provider }: DrawnFrom,
  drawn: readonly SampledWeights[],
  standardisation: Standardisation,
): (k: number) => (held: Float32Array) => Metadata {
  const { config, configSha256, summary, novelty } = flow;
  const provenance = provenanceOf(job, extrapolated);
  const usual = { solver: config.solver, steps: config.steps.default };
  const medianRatio = cardedMedianRatio(summary.figures, job, usual);
  const measured = novelty.measure(
    job.architecture,
    drawn.map(({ weights }) => weights),
  );
  return (k) => (held) =>
    fileMetadata(provenance, {
      flow: config,
      configSha256,
      index: drawn[k]?.index ?? k,
      provider,
      standardisation,
      certificate: certificateOf({ novelty: measured[k] as Novelty, medianRatio, weights: held }),
    });
}
