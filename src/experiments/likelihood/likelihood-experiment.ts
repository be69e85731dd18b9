import { WeightspringError } from '../../errors.js';
import { mean } from '../../evaluation/population-metrics.js';
import type { FlowGeometry } from '../../flow/geometry.js';
import { likelihoodFlow } from '../../likelihood/likelihood-flow.js';
import { logLikelihood } from '../../likelihood/log-likelihood.js';
import type { NetworkLikelihood } from '../../likelihood/network-likelihood.js';
import { flowFolder } from '../../flows/flow-folder.js';
import { readFlow } from '../../flows/flow-store.js';
import type { ModelsDir } from '../../flows/models-dir.js';
import { Sampler } from '../../sampling/sampler.js';
import type { PreparedTask } from '../../zoo/prepared-task.js';
import type { ExperimentRun } from '../experiment-run.js';
import { thesisZoo } from '../thesis/thesis-zoo.js';
import type { LikelihoodBudget } from './budget.js';
import { NETWORK_GROUPS, networkGroups, type NetworkGroup } from './network-groups.js';

/** A flow with the likelihoods of the networks of every group; none if it has no density. */
export interface FlowLikelihoods {
  readonly flow: string;
  readonly geometry: FlowGeometry;
  readonly sha256: string;
  readonly groups: Readonly<Record<NetworkGroup, readonly NetworkLikelihood[]>> | null;
}

export interface LikelihoodResults {
  /** Mean test accuracy of the held-out networks. */
  readonly accuracy: number;
  readonly flows: readonly FlowLikelihoods[];
}

export interface LikelihoodExperimentOptions {
  readonly task: PreparedTask;
  readonly modelsDir: ModelsDir;
  /** Names of flows over networks of the task. */
  readonly flows: readonly string[];
  readonly budget: LikelihoodBudget;
  readonly seed: number;
}

/** Far from the seeds of the zoos of flows. */
const HELD_OUT_SEED = 1_000_000;

/**
 * Likelihoods under stored flows of WDBC networks 30-16-16-2 that no flow has seen, compared with
 * those of the flows' own samples, of untrained networks and of shuffled ones.
 *
 * @throws WeightspringError `cancelled` if the run is stopped; the same call continues it
 */
export async function likelihoodExperiment(
  run: ExperimentRun,
  { task, modelsDir, flows, budget, seed }: LikelihoodExperimentOptions,
): Promise<LikelihoodResults> {
  const heldOut = await thesisZoo(run, task, { ...budget, seed: HELD_OUT_SEED + seed });
  const [architecture] = heldOut.architectures;
  if (architecture === undefined) throw new WeightspringError('internal', 'the zoo is empty');
  const sampler = await Sampler.open({ modelsDir });
  const results: FlowLikelihoods[] = [];
  try {
    for (const flow of flows) {
      const stored = await readFlow(await flowFolder(modelsDir, flow));
      const { geometry, sha256 } = stored.config;
      if (geometry === 'normalized') {
        results.push({ flow, geometry, sha256, groups: null });
        continue;
      }
      const networks = await networkGroups({
        sampler,
        flow,
        architecture,
        heldOut,
        seed,
        signal: run.signal,
      });
      const groups: [NetworkGroup, readonly NetworkLikelihood[]][] = [];
      for (const group of NETWORK_GROUPS) {
        const stage = `likelihoods/${flow}/${group}`;
        const likelihoods = await run.once(stage, () =>
          logLikelihood(
            likelihoodFlow(stored),
            networks[group].map((weights) => ({ architecture, weights })),
            { solver: 'heun', probes: budget.probes, steps: budget.steps, seed },
            run.watcher(stage),
          ),
        );
        groups.push([group, likelihoods]);
      }
      results.push({
        flow,
        geometry,
        sha256,
        groups: Object.fromEntries(groups) as Record<NetworkGroup, readonly NetworkLikelihood[]>,
      });
    }
  } finally {
    await sampler.close();
  }
  return {
    accuracy: mean(heldOut.finalsOf(0).map(({ test }) => test.accuracy)),
    flows: results,
  };
}
