import { checkDrawable } from '../sampling/job-check.js';
import { openEngine } from './engine.js';
import { OFFLINE_LIMITS } from '../sampling/offline-limits.js';
import { architectureKey, type Architecture } from '../network/architecture.js';
import { flowFigure } from '../evaluation/flow-figure.js';
import type { FreshNetworks } from '../evaluation/fresh.js';
import { evenCorners, measureTowardsHull, unevenCorners } from '../evaluation/frontier.js';
import type { DepthBounds } from '../flows/flow-summary.js';
import type { FlowConfig } from '../flows/flow-config.js';
import { hasFailed, type FlowFigure } from '../flows/flow-figures.js';
import { boundsOf, servedDepths } from '../flows/served-region.js';
import { completeSampling } from '../flows/sampling-options.js';
import {
  comparisonFor,
  evaluateJob,
  type ScrutinisedReport,
  type TrainComparison,
} from '../evaluation/evaluate-job.js';
import type { EvaluationContext } from '../evaluation/evaluation-context.js';
import type { ArchitectureScrutiny } from '../evaluation/scrutiny/architecture-scrutiny.js';
import { openScrutiny } from '../evaluation/scrutiny/open-scrutiny.js';
import type { Engine } from '../training/engine.js';
import { say } from './output.js';
import { withProgress } from './progress.js';

export interface FlowMeasurementOptions {
  readonly context: EvaluationContext;
  readonly config: FlowConfig;
  /** Networks drawn of each architecture. */
  readonly samples: number;
  /** Networks trained of each architecture that the zoo has none of. */
  readonly fresh: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

export interface MeasureOptions {
  /** Default: the flow's. */
  readonly steps?: number;
  readonly scrutiny?: 'samples' | 'all';
}

/** Measures a flow architecture by architecture, each once, and keeps the reports. */
export class FlowMeasurement {
  readonly #options: FlowMeasurementOptions;
  readonly #reports = new Map<string, ScrutinisedReport>();
  readonly #comparisons = new Map<string, FreshNetworks>();
  readonly #scrutinies = new Map<string, Promise<ArchitectureScrutiny>>();

  constructor(options: FlowMeasurementOptions) {
    this.#options = options;
  }

  /** Of the architectures at the flow's default steps, in the order in which they were measured. */
  get reports(): readonly ScrutinisedReport[] {
    const { default: steps } = this.#options.config.steps;
    return [...this.#reports.values()].filter((report) => report.steps === steps);
  }

  /** Of everything that was measured. */
  get figures(): readonly FlowFigure[] {
    return [...this.#reports.values()].map((report) => this.#figure(report));
  }

  /** What else was measured where a scrutiny was asked for. */
  get scrutinies(): readonly (Architecture & { readonly steps: number })[] {
    return [...this.#reports.values()].flatMap(({ architecture, steps, seed, scrutiny }) =>
      scrutiny === undefined ? [] : [{ ...architecture, steps, seed, ...scrutiny }],
    );
  }

  /**
   * Refuses, before any work, an architecture that the flow cannot draw.
   *
   * @throws WeightspringError as `checkDrawable`
   */
  check(architecture: Architecture): void {
    const { context, config, samples, seed } = this.#options;
    const job = { flow: config.name, architecture, seed, firstIndex: 0, count: samples };
    const sampling = completeSampling(config, {});
    const flow = context.sampler.flow(config.name);
    checkDrawable(flow, { ...job, ...sampling }, config);
  }

  /**
   * Measures an architecture, or tells what was measured of it.
   *
   * @param options.scrutiny - of the samples, or of all that a sceptic asks; default none
   */
  async measure(
    architecture: Architecture,
    { steps: chosenSteps, scrutiny }: MeasureOptions = {},
  ): Promise<ScrutinisedReport> {
    const { context, config, samples, seed, signal } = this.#options;
    const sampling = completeSampling(config, { steps: chosenSteps });
    const name = architectureKey(architecture);
    const key = `${name} ${sampling.steps}`;
    const known = this.#reports.get(key);
    if (known !== undefined) return known;
    say(`measuring ${name} in ${sampling.steps} steps`);
    const job = { flow: config.name, architecture, seed, firstIndex: 0, count: samples };
    const scrutinised = scrutiny && { by: await this.#scrutiny(job), of: scrutiny };
    const report = await withProgress(`card ${key}`, (progress) =>
      evaluateJob(
        context,
        { ...job, ...sampling },
        {
          train: this.#comparison(architecture),
          scrutiny: scrutinised,
          limits: OFFLINE_LIMITS,
          signal,
          report: progress,
        },
      ),
    );
    this.#reports.set(key, report);
    return report;
  }

  /**
   * Measures the corners of what the flow can draw of each family of its zoo; where it fails, also
   * the way from there to the zoo's hull. Uneven corners are those of the widths that are left.
   */
  async measureCorners(): Promise<void> {
    const passes = async (arch: Architecture): Promise<boolean> =>
      !hasFailed(this.#figure(await this.measure(arch)), this.figures);
    for (const bounds of this.#depths([])) {
      const { zoo, width } = bounds;
      const inZoo = this.#options.config.architectures.find((arch) => boundsOf([bounds], arch));
      if (zoo === null || inZoo === undefined) continue;
      for (const corner of evenCorners(inZoo, width)) {
        await measureTowardsHull(corner, zoo, passes);
      }
      const left = boundsOf(this.#depths(this.figures), inZoo);
      for (const corner of unevenCorners(inZoo, left?.width ?? width)) {
        await measureTowardsHull(corner, zoo, passes);
      }
    }
  }

  /** Networks are trained once for all numbers of steps. */
  #comparison(architecture: Architecture): TrainComparison | undefined {
    const name = architectureKey(architecture);
    const { context, fresh } = this.#options;
    const train = comparisonFor(context, architecture, fresh, () => this.#openEngine());
    if (train === undefined) return undefined;
    return async (watcher) => {
      const networks = this.#comparisons.get(name) ?? (await train(watcher));
      this.#comparisons.set(name, networks);
      return networks;
    };
  }

  /** Trained networks are measured once for all numbers of steps. */
  #scrutiny(job: Parameters<typeof openScrutiny>[1]): Promise<ArchitectureScrutiny> {
    const { context, signal } = this.#options;
    const name = architectureKey(job.architecture);
    const known =
      this.#scrutinies.get(name) ?? openScrutiny(context, job, () => this.#openEngine(), signal);
    this.#scrutinies.set(name, known);
    return known;
  }

  #openEngine(): Promise<Engine> {
    return openEngine('ort', { device: this.#options.context.sampler.device.provider });
  }

  #depths(figures: readonly FlowFigure[]): readonly DepthBounds[] {
    const { config } = this.#options;
    return servedDepths(config, figures, config.steps.default);
  }

  #figure(report: ScrutinisedReport): FlowFigure {
    return flowFigure(report, this.#options.config.solver);
  }
}
