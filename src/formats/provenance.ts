import type { FlowConfig } from '../flows/flow-config.js';
import { guideRecord, type Guide, type GuideRecord } from '../flows/guide.js';
import type { SamplingOptions } from '../flows/sampling-options.js';
import type { Architecture } from '../network/architecture.js';
import { PACKAGE_NAME, VERSION } from '../package-info.js';
import type { Standardisation } from '../data/standardisation.js';
import { certificateMetadata, type NoveltyCertificate } from './certificate.js';
import { fileFormat, type NetworkFormat } from './network-format.js';
import type { InputScaling } from './network-inputs.js';
import type { WeightScale } from './weight-scale.js';

/** Everything that determines a network's file, except its index and the device. */
export interface NetworkRequest extends SamplingOptions {
  /** Name of a flow in the models directory. */
  readonly flow: string;
  readonly architecture: Architecture;
  /** Integer in [0, 2⁵³). */
  readonly seed: number;
  readonly format: NetworkFormat;
  /** Always `folded` for classifiers, whose graph standardises the features. */
  readonly inputScaling: InputScaling;
  /** Default `sampled`. */
  readonly weightScale?: WeightScale | undefined;
  /**
   * Number of networks that become one classifier, which averages them. Default: each becomes a file.
   */
  readonly ensemble?: number | undefined;
  /** Whether that classifier also gives the probabilities of each. Default false. */
  readonly memberProbabilities?: boolean | undefined;
  /** Labelled rows that guide sampling. Default: none. */
  readonly guide?: Guide | undefined;
}

/** How networks were sampled, as written to manifests, JSON answers and the command line. */
export interface Provenance extends Omit<NetworkRequest, 'guide'> {
  /** What guided them; absent where nothing did. */
  readonly guide?: GuideRecord;
  /** Whether the architecture lies outside the hull of the flow's zoo. */
  readonly extrapolated: boolean;
}

/** The provenance of the networks of a request, without other fields of the request. */
export function provenanceOf(request: NetworkRequest, extrapolated: boolean): Provenance {
  const { flow, architecture, seed, steps, solver, timeGrid, stochasticity } = request;
  const {
    format,
    inputScaling,
    weightScale,
    ensemble,
    memberProbabilities = false,
    guide,
  } = request;
  const sampling = { flow, architecture, seed, steps, solver, timeGrid, stochasticity };
  return {
    ...sampling,
    format,
    inputScaling,
    ...weightScaleRecord(weightScale),
    ...(ensemble === undefined ? {} : { ensemble, memberProbabilities }),
    ...(guide === undefined ? {} : { guide: guideRecord(guide) }),
    extrapolated,
  };
}

/** Only where it is not the usual one, so that the other files stay as they were. */
function weightScaleRecord(weightScale: WeightScale = 'sampled'): { weightScale?: WeightScale } {
  return weightScale === 'sampled' ? {} : { weightScale };
}

/** What the metadata of a file say besides how it was sampled. */
export interface FileOrigin {
  readonly flow: Pick<FlowConfig, 'name' | 'sha256' | 'data' | 'featureNames' | 'classNames'>;
  /** Digest of its `config.json`, which tells the version of all that the flow consists of. */
  readonly configSha256: string;
  readonly index: number;
  /** Execution provider that computed it. */
  readonly provider: string;
  readonly standardisation: Standardisation;
  readonly certificate: NoveltyCertificate;
}

/** The metadata of a network's file. Values are strings: JSON for anything else. */
export function fileMetadata(
  provenance: Provenance,
  { flow, configSha256, index, provider, standardisation, certificate }: FileOrigin,
): Readonly<Record<string, string>> {
  const { seed, solver, steps, timeGrid, stochasticity, guide } = provenance;
  const { architecture, extrapolated, weightScale } = provenance;
  return {
    producer: PACKAGE_NAME,
    version: VERSION,
    flow: flow.name,
    flowSha256: flow.sha256,
    configSha256,
    seed: String(seed),
    index: String(index),
    solver,
    steps: String(steps),
    timeGrid,
    stochasticity: JSON.stringify(stochasticity),
    ...(guide === undefined ? {} : { guide: JSON.stringify(guide) }),
    provider,
    architecture: JSON.stringify(architecture),
    extrapolated: String(extrapolated),
    ...(flow.data === undefined ? {} : { data: JSON.stringify(flow.data) }),
    featureNames: JSON.stringify(flow.featureNames),
    inputScaling:
      fileFormat(provenance.format).holds === 'classifier' ? 'graph' : provenance.inputScaling,
    ...weightScaleRecord(weightScale),
    inputMean: JSON.stringify(standardisation.mean),
    inputScale: JSON.stringify(standardisation.scale),
    classNames: JSON.stringify(flow.classNames),
    ...certificateMetadata(certificate),
  };
}
