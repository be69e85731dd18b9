import { WeightspringError } from '../errors.js';
import { completeSampling } from '../flows/sampling-options.js';
import type { FlowSummary } from '../flows/flow-summary.js';
import { checkEnsemble } from '../formats/check-ensemble.js';
import type { GeneratedNetwork } from '../formats/generated-network.js';
import { checkInputScaling } from '../formats/input-scaling.js';
import { DEFAULT_NETWORK_FORMAT } from '../formats/network-format.js';
import type { Architecture } from '../network/architecture.js';
import { PacedWork, type Watcher } from '../pace.js';
import { drawSeed } from '../random.js';
import { findFlow, type FlowList } from './find-flow.js';
import { piecesOf } from './sample-in-pieces.js';
import type { SampleJob } from './sample-job.js';

/**
 * Which networks to draw. Only the flow is needed; of what is left out,
 *
 * - `architecture` is the flow's usual one,
 * - `seed` is drawn at random, `firstIndex` is 0, and `count` 1, or the `ensemble`,
 * - `steps`, `solver`, `timeGrid` and `stochasticity` are the flow's,
 * - `format` is `onnx`, and `inputScaling` `folded`: networks take raw features,
 * - `weightScale` is `sampled`: weights are as they were drawn.
 */
export type SampleRequest = Pick<SampleJob, 'flow'> & {
  readonly [K in Exclude<keyof SampleJob, 'flow' | 'configSha256'>]?: SampleJob[K] | undefined;
};

/** Who draws: a `SamplerPool`, in child processes, or a `Sampler`, in this one. */
export interface NetworkDrawer extends FlowList {
  sample(job: SampleJob, signal?: AbortSignal): Promise<readonly GeneratedNetwork[]>;
}

/**
 * Networks that nobody has trained, drawn from a flow, as files; or the one file of their ensemble.
 *
 * They come as they are drawn, in batches, so that any number of them fits into memory. Network k of
 * a seed is the same in every request, and all are of the version of the flow that `from` has when
 * the first is drawn.
 *
 * @example
 * const pool = await SamplerPool.start({ modelsDir: DEFAULT_MODELS_DIR });
 * for await (const { bytes, metadata } of sampleNetworks(pool, { flow: 'wdbc', seed: 7, count: 3 })) {
 *   await writeFile(`network-${metadata.index}.onnx`, bytes);
 * }
 * await pool.close();
 *
 * @param watcher - hears of networks drawn; its signal stops between batches
 * @throws WeightspringError before anything is drawn: `not-found` for an unknown flow,
 *   `unsupported-architecture` or `invalid-argument`, naming the field; then as `from.sample`, and
 *   `cancelled`
 */
export async function* sampleNetworks(
  from: NetworkDrawer,
  request: SampleRequest,
  watcher: Watcher = {},
): AsyncGenerator<GeneratedNetwork, void> {
  const job = completeJob(findFlow(from, request.flow, 'flow'), request);
  const work = new PacedWork(job.count, watcher);
  // The members of an ensemble become one file, and so one job.
  for (const piece of job.ensemble === undefined ? piecesOf(job) : [job]) {
    yield* await from.sample(piece, watcher.signal);
    await work.advance(piece.count);
  }
}

/**
 * The job of a request, completed as {@link SampleRequest} says.
 *
 * @throws WeightspringError `invalid-argument`, naming the field
 */
export function completeJob(flow: FlowSummary, request: SampleRequest): SampleJob {
  const {
    firstIndex = 0,
    seed = drawSeed(),
    count = request.ensemble ?? 1,
    format = DEFAULT_NETWORK_FORMAT,
    inputScaling = 'folded',
    architecture = usualArchitectureOf(flow),
  } = request;
  const job = {
    ...request,
    ...{ firstIndex, seed, count, format, inputScaling, architecture },
    ...completeSampling(flow, request),
    configSha256: flow.configSha256,
  };
  checkInputScaling(job);
  checkEnsemble(job);
  return job;
}

function usualArchitectureOf({ name, usualArchitecture }: FlowSummary): Architecture {
  if (usualArchitecture !== null) return usualArchitecture;
  throw new WeightspringError(
    'invalid-argument',
    `flow ${name} has no zoo and so no usual architecture: name one`,
    { field: 'architecture' },
  );
}
