import { WeightspringError } from '../errors.js';
import type { InputMetric } from '../flow/input-metric.js';
import { WeightSpace } from '../flow/weight-space.js';
import {
  architectureIn,
  architectureKey,
  architectureName,
  type Architecture,
} from '../network/architecture.js';
import { noveltyRatio, noveltyScale, type NoveltyScale } from '../novelty/novelty-scale.js';
import { TrainedRuns, type NearestRun } from '../novelty/trained-runs.js';
import type { FlowConfig } from './flow-config.js';
import type { KeptRuns } from './kept-networks.js';

/** How far a network lies from the trained ones of its architecture. */
export interface MeasuredNovelty {
  readonly nearest: NearestRun;
  /** Null for a run that is alone: it has no distance to another. */
  readonly ratio: number | null;
  /** How many runs it was compared with. */
  readonly runs: number;
}

/** A distance, or why there is none. */
export type Novelty = MeasuredNovelty | { readonly reason: string };

/** The trained networks of one architecture, ready to measure by. */
export interface ComparableRuns {
  readonly space: WeightSpace;
  readonly trained: TrainedRuns;
  readonly scale: NoveltyScale | null;
}

/** Most architectures whose runs stay prepared. */
const MAX_PREPARED = 8;

/** Tells how far networks lie from the trained ones that a flow keeps. */
export class FlowNovelty {
  /** By key of the architecture, in order of last use. */
  readonly #prepared = new Map<string, ComparableRuns>();

  /** @param kept - null for a flow that was stored without its zoo's networks */
  constructor(
    private readonly config: Pick<FlowConfig, 'architectures'>,
    private readonly kept: KeptRuns | null,
    private readonly inputMetric: InputMetric | undefined,
  ) {}

  /** @param weights - flat, of networks of one architecture */
  measure(architecture: Architecture, weights: readonly Float32Array[]): readonly Novelty[] {
    const runs = this.runsOf(architecture);
    if ('reason' in runs) return weights.map(() => runs);
    return weights.map((network) => measureOne(runs, network));
  }

  /** The runs of an architecture, or why there are none. */
  runsOf(architecture: Architecture): ComparableRuns | { readonly reason: string } {
    const { kept } = this;
    if (kept === null) return { reason: "this flow was stored without its zoo's networks" };
    const key = architectureKey(architecture);
    const index = this.config.architectures.findIndex(
      (record) => architectureKey(architectureIn(record)) === key,
    );
    const { finals = [], leaveOneOut = [] } = kept.architectures[index] ?? {};
    if (finals.length === 0) {
      const name = architectureName(architecture);
      return {
        reason:
          index === -1
            ? `the flow's zoo has no run of ${name}`
            : `the flow keeps no run of ${name} from its zoo`,
      };
    }
    const known = this.#prepared.get(key);
    const runs = known ?? {
      ...this.#prepare(architecture, finals),
      scale: noveltyScale(leaveOneOut),
    };
    this.#prepared.delete(key);
    this.#prepared.set(key, runs);
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size > MAX_PREPARED && oldest !== undefined) this.#prepared.delete(oldest);
    return runs;
  }

  #prepare(
    architecture: Architecture,
    finals: KeptRuns['architectures'][number]['finals'],
  ): Omit<ComparableRuns, 'scale'> {
    const { coordinates } = this.kept as KeptRuns;
    const space = new WeightSpace(architecture, { ...coordinates, inputMetric: this.inputMetric });
    return { space, trained: new TrainedRuns(space, finals) };
  }
}

function measureOne({ space, trained, scale }: ComparableRuns, weights: Float32Array): Novelty {
  let point: Float32Array;
  try {
    point = space.standardise(weights);
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    // A last layer of zeros, say: no reason not to give the network out.
    return { reason: `the network has no canonical form: ${error.message}` };
  }
  const nearest = trained.nearest(point) as NearestRun;
  return {
    nearest,
    ratio: scale === null ? null : noveltyRatio(nearest, scale),
    runs: trained.runs.length,
  };
}
