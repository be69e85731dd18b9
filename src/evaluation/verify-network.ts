import { digest } from '../data/digest.js';
import { storedStandardisation, type Standardisation } from '../data/standardisation.js';
import { WeightspringError } from '../errors.js';
import { flowFolder } from '../flows/flow-folder.js';
import { isFlowName } from '../flows/flow-name.js';
import type { Novelty } from '../flows/flow-novelty.js';
import { openFlow, type OpenedFlow } from '../flows/flow-store.js';
import { quoteModelsDir, type ModelsDir } from '../flows/models-dir.js';
import {
  cardedMedianRatio,
  certificateIn,
  certificateOf,
  type NoveltyCertificate,
} from '../formats/certificate.js';
import type { DecodedNetwork } from '../formats/kinds/file-format.js';
import { readNetworkFile } from '../formats/read-network-file.js';
import { isSameStandardisation, networkForFlow } from '../likelihood/network-for-flow.js';

/** What a file says, and what follows from its weights and the flow. */
export interface VerifiedClaim {
  readonly claim: keyof NoveltyCertificate | 'standardisation';
  readonly stated: string | number | null;
  readonly found: string | number | null;
  readonly holds: boolean;
}

/** Whether the certificate of a file holds. */
export interface Verification {
  readonly file: string;
  /** As the file names it. */
  readonly flow: string | null;
  readonly configSha256: string | null;
  /** `unknown` where nothing contradicts the file, and not all of it could be checked. */
  readonly verdict: 'holds' | 'changed' | 'unknown';
  /** Why it is unknown. */
  readonly reason: string | null;
  readonly claims: readonly VerifiedClaim[];
}

/**
 * How far a distance may be from the stated one, relative to the median among trained runs: some
 * roundings of weights to float32, as by folding the input scaling.
 */
const TOLERANCE = 1e-4;

/**
 * Computes the certificate of a file anew, from its weights and the flow that it names.
 *
 * @param modelsDir - folder of the flows, or several
 * @throws WeightspringError as `readNetworkFile` for a file that is no network of ours, and as
 *   `openFlow` for a flow that is damaged
 */
export async function verifyNetwork(file: string, modelsDir: ModelsDir): Promise<Verification> {
  const network = await readNetworkFile(file, { activation: 'relu' });
  const { metadata, weights } = network;
  const { flow: name, configSha256 } = metadata;
  const stated = certificateIn(metadata);
  const about = { file, flow: name ?? null, configSha256: configSha256 ?? null };
  if (stated === null) {
    return unknown(about, [], 'its metadata hold no novelty certificate');
  }
  const found = digest(weights);
  const { weightsSha256 } = stated;
  const ofWeights = claimOf('weightsSha256', weightsSha256, found, weightsSha256 === found);
  if (name === undefined || !isFlowName(name) || configSha256 === undefined) {
    return unknown(about, [ofWeights], 'its metadata name no flow');
  }
  const flow = await flowIn(modelsDir, name);
  if (flow?.configSha256 !== configSha256) {
    const reason =
      flow === null
        ? `there is no flow '${name}' in ${quoteModelsDir(modelsDir)}`
        : `flow '${name}' in ${quoteModelsDir(modelsDir)} is another version than the file's`;
    return unknown(about, [ofWeights], reason);
  }
  const claims = [ofWeights, ...claimsOf(network, stated, flow)];
  const holds = claims.every((claim) => claim.holds);
  return { ...about, verdict: holds ? 'holds' : 'changed', reason: null, claims };
}

function unknown(
  about: Pick<Verification, 'file' | 'flow' | 'configSha256'>,
  claims: readonly VerifiedClaim[],
  reason: string,
): Verification {
  const holds = claims.every((claim) => claim.holds);
  return { ...about, verdict: holds ? 'unknown' : 'changed', reason, claims };
}

async function flowIn(modelsDir: ModelsDir, name: string): Promise<OpenedFlow | null> {
  try {
    return await openFlow(await flowFolder(modelsDir, name));
  } catch (error) {
    if (error instanceof WeightspringError && error.code === 'not-found') return null;
    throw error;
  }
}

function claimsOf(
  network: DecodedNetwork,
  stated: NoveltyCertificate,
  { config, summary, novelty }: OpenedFlow,
): readonly VerifiedClaim[] {
  const { architecture, weights, metadata, takes = 'raw' } = network;
  const standardisation = storedStandardisation(config.standardisation);
  const drawn = networkForFlow({ architecture, weights, takes }, standardisation);
  const [measured] = novelty.measure(architecture, [Float32Array.from(drawn.weights)]);
  const usual = { solver: config.solver, steps: config.steps.default };
  const way = { architecture, solver: metadata.solver ?? '', steps: Number(metadata.steps) };
  const medianRatio = cardedMedianRatio(summary.figures, way, usual);
  const found = certificateOf({ novelty: measured as Novelty, medianRatio, weights });
  const runs = novelty.runsOf(architecture);
  const median = 'reason' in runs ? undefined : runs.scale?.median;
  const near = (a: number | null, b: number | null, unit: number): boolean =>
    a === null || b === null ? a === b : Math.abs(a - b) <= TOLERANCE * unit;
  const claim = (key: keyof NoveltyCertificate, holds: boolean): VerifiedClaim =>
    claimOf(key, stated[key], found[key], holds);
  const { noveltyDistance, noveltyRatio, noveltyNearestRun, noveltyRuns } = found;
  return [
    standardisationClaim(takes, standardisation),
    claim('noveltyDistance', near(stated.noveltyDistance, noveltyDistance, median ?? 1)),
    claim('noveltyRatio', near(stated.noveltyRatio, noveltyRatio, 1)),
    claim('noveltyNearestRun', stated.noveltyNearestRun === noveltyNearestRun),
    claim('noveltyRuns', stated.noveltyRuns === noveltyRuns),
    // A card may have been written since.
    claim(
      'noveltyMedianRatio',
      stated.noveltyMedianRatio === null || stated.noveltyMedianRatio === medianRatio,
    ),
    claim('noveltyReason', (stated.noveltyReason === null) === (found.noveltyReason === null)),
  ];
}

/** Weights count only together with what their first layer takes. */
function standardisationClaim(
  takes: Standardisation | 'raw',
  standardisation: Standardisation,
): VerifiedClaim {
  const holds = takes === 'raw' || isSameStandardisation(takes, standardisation);
  const stated = takes === 'raw' ? 'folded' : holds ? "the flow's" : 'another';
  return claimOf('standardisation', stated, holds ? stated : "the flow's", holds);
}

function claimOf(
  claim: VerifiedClaim['claim'],
  stated: VerifiedClaim['stated'],
  found: VerifiedClaim['found'],
  holds: boolean,
): VerifiedClaim {
  return { claim, stated, found, holds };
}
