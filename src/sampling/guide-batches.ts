import { Tensor } from 'onnxruntime-node';
import { standardise, storedStandardisation } from '../data/standardisation.js';
import type { WeightSpace } from '../flow/weight-space.js';
import type { OpenedFlow } from '../flows/flow-store.js';
import { carriedNames } from '../flows/guided-step-model.js';
import { guideParts, type Guide } from '../flows/guide.js';
import { networkOf } from '../network/network.js';
import { Random } from '../random.js';
import type { IntegrationOptions } from './integrate.js';

/** The inputs of a guided step besides those of any step. */
export type GuideFeeds = Readonly<Record<string, Tensor>>;

/**
 * The labelled rows of each step as points of a flow read them. Rows are shuffled once and cut into
 * parts of which step k takes number k mod parts, whatever the seed: networks of a batch share them,
 * and each is the same in every batch.
 */
export class GuideBatches {
  readonly #order: Int32Array;
  readonly #parts: number;
  readonly #feeds = new Map<number, GuideFeeds>();
  readonly #common: GuideFeeds;

  constructor(
    private readonly guide: Guide,
    private readonly flow: OpenedFlow,
    private readonly space: WeightSpace,
  ) {
    const { labels } = guide.data;
    const { parts } = guideParts(guide);
    this.#parts = parts;
    this.#order =
      parts === 1
        ? Int32Array.from(labels.keys())
        : new Random(0, 'guide').permutation(labels.length);
    const scales = space.decodingScales;
    this.#common = {
      scales: new Tensor('float32', scales, [scales.length]),
      strength: new Tensor('float32', Float32Array.of(guide.strength), []),
    };
  }

  /** What the integration of so many networks needs to be guided. */
  integration(batch: number): Pick<IntegrationOptions, 'feeds' | 'carried'> {
    const feeds = (step: number): GuideFeeds => this.#feedsOf(step);
    if (this.guide.form !== 'descent') return { feeds };
    const { layout } = this.space;
    const shapes = layout.tensors.map(({ shape }) => [batch, ...shape]);
    return {
      feeds,
      carried: { names: carriedNames(layout), shapes: [...shapes, ...shapes, ...shapes, [batch]] },
    };
  }

  /** The inputs of a step. */
  #feedsOf(step: number): GuideFeeds {
    const part = step % this.#parts;
    const feeds = this.#feeds.get(part) ?? this.#read(part);
    this.#feeds.set(part, feeds);
    return feeds;
  }

  #read(part: number): GuideFeeds {
    const at = (p: number): number => Math.floor((p * this.#order.length) / this.#parts);
    const rows = this.#order.subarray(at(part), at(part + 1));
    const { data } = this.guide;
    const { config, coordinates } = this.flow;
    const standardised = standardise(
      data.features,
      storedStandardisation(config.standardisation),
      rows,
    );
    const inputs = coordinates.inputMetric?.whiten(standardised) ?? standardised;
    const { outputs } = networkOf(this.space.architecture);
    const targets = new Float32Array(rows.length * outputs);
    rows.forEach((row, index) => {
      targets[index * outputs + (data.labels[row] as number)] = 1;
    });
    return {
      ...this.#common,
      rows: new Tensor('float32', inputs, [rows.length, inputs.length / rows.length]),
      targets: new Tensor('float32', targets, [rows.length, outputs]),
    };
  }
}
