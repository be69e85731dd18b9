import type { Architecture } from '../../network/architecture.js';
import { partOf, type ReportProgress, type Watcher } from '../../pace.js';
import type { Engine } from '../../training/engine.js';
import type { PreparedTask } from '../../zoo/prepared-task.js';
import type { FreshNetworks } from '../fresh.js';
import type { MeasuredNetwork } from '../measure-network.js';
import { errorSetsOf, findArchitecture, type FlowReference } from '../reference.js';
import { unseenSeed, type ZooRecord } from '../zoo-record.js';
import type { Missing, ZooRuns } from '../zoo-runs.js';
import { contender } from './contender.js';
import { measuredMember } from './member.js';
import { measureNulls, NO_NULLS } from './nulls.js';
import { measureSameTime } from './same-time.js';
import { scrutiniseSamples } from './scrutinise-samples.js';
import type { HeldOut, SampleScrutiny, Scrutiny } from './scrutiny.js';
import { distanceOf, openYardstick, type Yardstick } from './yardstick.js';

/** What is at hand to scrutinise the samples of one architecture with. */
export interface ArchitectureScrutinyOptions {
  readonly architecture: Architecture;
  readonly task: PreparedTask;
  readonly reference: FlowReference;
  /** The zoo's networks of the architecture, or why there are none. */
  readonly zooRuns: ZooRuns | Missing;
  /** How the zoo was trained; null where that is not recorded. */
  readonly zooRecord: ZooRecord | null;
  /** Number of samples: as many networks of each null are made, at most {@link MOST_DRAWS}. */
  readonly samples: number;
  readonly seed: number;
  readonly openEngine: () => Promise<Engine>;
}

/** Networks of a null at most: their figures have settled long before. */
const MOST_DRAWS = 64;

/** What was sampled and how long it took. */
export interface Drawn {
  readonly networks: readonly Float32Array[];
  /** The same networks. */
  readonly measured: readonly MeasuredNetwork[];
  readonly samplingMsPerNetwork: number;
  /** Freshly trained networks of the architecture. */
  readonly fresh?: FreshNetworks | undefined;
}

/** Scrutinises samples of one architecture; trained networks are measured once for all of them. */
export class ArchitectureScrutiny {
  #yardstick: Promise<Yardstick> | undefined;

  constructor(private readonly options: ArchitectureScrutinyOptions) {}

  /** Of samples alone: for other numbers of steps than the usual. @throws as {@link full} */
  async ofSamples(
    drawn: Omit<Drawn, 'samplingMsPerNetwork'>,
    watcher: Watcher,
  ): Promise<SampleScrutiny> {
    const yardstick = await this.#open(drawn.fresh, watcher);
    return scrutiniseSamples(yardstick, drawn.networks, drawn.measured, watcher);
  }

  /**
   * Of samples, with held-out runs and nulls.
   *
   * @throws WeightspringError `cancelled`, `diverged`
   */
  async full(
    drawn: Drawn,
    report: ReportProgress,
    signal: AbortSignal | undefined,
  ): Promise<Scrutiny> {
    const { seed, samples, zooRecord, openEngine, reference, architecture } = this.options;
    const { zooRuns } = this.options;
    const draws = Math.min(samples, MOST_DRAWS);
    const stage = (index: number, note: string): Watcher => {
      const part = partOf(report, index, 3);
      return {
        signal,
        onProgress: (done, total) => {
          part(done, total, note);
        },
      };
    };
    const yardstick = await this.#open(drawn.fresh, stage(0, 'measuring trained networks'));
    const isOfZoo = findArchitecture(reference, architecture) !== undefined;
    const ofSamples = await scrutiniseSamples(yardstick, drawn.networks, drawn.measured, {
      signal,
    });
    const nulls =
      'missing' in zooRuns
        ? NO_NULLS
        : await measureNulls(
            yardstick,
            zooRuns.trained.networks,
            { draws, seed },
            stage(1, 'measuring nulls'),
          );
    const sameTime =
      zooRecord === null
        ? null
        : await measureSameTime(
            yardstick,
            {
              samplingMsPerNetwork: drawn.samplingMsPerNetwork,
              networks: draws,
              training: zooRecord.training,
              seed: unseenSeed(zooRecord, 'same time'),
              openEngine,
            },
            stage(2, 'training for the time of sampling'),
          );
    return {
      ...ofSamples,
      bars: yardstick.bars?.test ?? null,
      distanceScale: yardstick.scale,
      trained: yardstick.trained,
      heldOut: isOfZoo && drawn.fresh !== undefined ? heldOut(yardstick, drawn.fresh) : null,
      nulls: { ...nulls, sameTime },
      notes: [
        ...('missing' in zooRuns
          ? [`no distances, and no nulls that are made of trained networks: ${zooRuns.missing}`]
          : []),
        ...('missing' in zooRuns || nulls.soup !== null
          ? []
          : [
              `no soup: the zoo has only ${zooRuns.trained.networks.length} runs of this architecture`,
            ]),
        ...(zooRecord === null
          ? ['no training for the same time: the flow does not record how its zoo was trained']
          : []),
        ...(isOfZoo && drawn.fresh === undefined
          ? ['no held-out runs: --fresh trains some from a seed that the flow has not seen']
          : []),
      ],
    };
  }

  #open(fresh: FreshNetworks | undefined, watcher: Watcher): Promise<Yardstick> {
    this.#yardstick ??= openYardstick(this.#yardstickOptions(fresh), watcher);
    return this.#yardstick;
  }

  #yardstickOptions(fresh: FreshNetworks | undefined): Parameters<typeof openYardstick>[0] {
    const { architecture, task, reference, zooRuns, samples } = this.options;
    const known = findArchitecture(reference, architecture);
    const errors = new Map(
      reference.architectures.map((own) => [own, errorSetsOf(own, reference)]),
    );
    const zooErrors = [...errors.values()].flat();
    const shared = { architecture, task, zooErrors, samples };
    if (known !== undefined) {
      return {
        ...shared,
        trainedErrors: errors.get(known) ?? [],
        isOfZoo: true,
        trained: 'missing' in zooRuns ? null : zooRuns.trained,
        distances: 'missing' in zooRuns ? null : zooRuns.distances,
      };
    }
    return {
      ...shared,
      trainedErrors: fresh?.errors ?? [],
      isOfZoo: false,
      trained: fresh === undefined ? null : { source: 'fresh', networks: fresh.weights },
      distances: null,
    };
  }
}

function heldOut(yardstick: Yardstick, fresh: FreshNetworks): HeldOut {
  const { task, zooErrors, bars, scale } = yardstick;
  const members = fresh.tests.map((test, run) =>
    measuredMember(
      { test, errors: fresh.errors[run] ?? new Uint8Array() },
      distanceOf(yardstick, fresh.weights[run]),
      zooErrors,
      task,
    ),
  );
  return {
    source: 'fresh',
    seed: fresh.seed,
    ...contender(members, { bars: bars?.test ?? null, scale }),
  };
}
