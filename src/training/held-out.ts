import { WeightspringError } from '../errors.js';
import type { StandardisedGroup } from '../flow/standardise-population.js';
import { networkOf } from '../network/network.js';
import { Random } from '../random.js';
import { FlowBatches, type FlowBatch, type FlowBatchOptions } from './flow-batches.js';
import type { HeldOutConfig } from './flow-training-config.js';

/** The losses of averaged parameters: a line of the log of held-out runs. */
export interface HeldOutRecord {
  /** Updates done. */
  readonly step: number;
  /** On runs that the flow does not learn from. */
  readonly heldOut: number;
  /** On runs that it learns from, of the same architectures. */
  readonly training: number;
}

/** The measurement with the least held-out loss, and what was measured. */
export interface BestCheckpoint {
  readonly record: HeldOutRecord;
  readonly parameters: readonly Float32Array[];
}

export interface HeldOutSettings {
  /** Not empty. */
  readonly heldOut: readonly StandardisedGroup[];
  readonly training: readonly StandardisedGroup[];
  /** How batches are drawn. */
  readonly drawn: FlowBatchOptions & { readonly seed: number };
  readonly lossOf: (parameters: readonly Float32Array[], batch: FlowBatch) => Promise<number>;
}

/** File of the {@link HeldOutRecord}s in the folder of a run. */
export const HELD_OUT_LOG = 'held-out.jsonl';

/** Batches that each loss is the mean over. */
const BATCHES = 8;

/**
 * Runs that a training does not learn from: it measures averaged parameters on them, keeps the best,
 * and says when no better ones are to be expected.
 *
 * Every measurement is on the same batches, from a generator of its own, so that training draws what
 * it draws without it. Batches of held-out and of training runs come from the same state of the
 * generator: with one architecture they differ in nothing but the networks.
 */
export class HeldOutRuns {
  #best: BestCheckpoint | undefined;

  constructor(
    private readonly config: HeldOutConfig,
    private readonly settings: HeldOutSettings,
  ) {}

  get best(): BestCheckpoint | undefined {
    return this.#best;
  }

  /** Whether the loss has not fallen for as many measurements as patience allows. */
  isSpent(step: number): boolean {
    if (this.#best === undefined) return false;
    const { every, patience } = this.config;
    return step - this.#best.record.step >= patience * every;
  }

  /**
   * The losses of averaged parameters, which are copied where they are the best so far.
   *
   * @throws WeightspringError `diverged` for a loss that is not finite
   */
  async measure(step: number, parameters: readonly Float32Array[]): Promise<HeldOutRecord> {
    const { heldOut, training } = this.settings;
    const keys = new Set(heldOut.map(keyOf));
    const record = {
      step,
      heldOut: await this.#loss(heldOut, parameters),
      training: await this.#loss(
        training.filter((group) => keys.has(keyOf(group))),
        parameters,
      ),
    };
    if (!Number.isFinite(record.heldOut)) {
      throw new WeightspringError(
        'diverged',
        `the loss on held-out runs became ${record.heldOut} at step ${step}: train with a lower ` +
          'learning rate',
      );
    }
    if (this.#best === undefined || record.heldOut < this.#best.record.heldOut) {
      this.#best = { record, parameters: parameters.map((values) => values.slice()) };
    }
    return record;
  }

  restore(best: BestCheckpoint | undefined): void {
    this.#best = best;
  }

  async #loss(
    population: readonly StandardisedGroup[],
    parameters: readonly Float32Array[],
  ): Promise<number> {
    const { drawn, lossOf } = this.settings;
    const batches = new FlowBatches(population, drawn, new Random(drawn.seed, 'held-out-batches'));
    let sum = 0;
    for (let batch = 0; batch < BATCHES; batch++) sum += await lossOf(parameters, batches.next());
    return sum / BATCHES;
  }
}

function keyOf({ space }: StandardisedGroup): string {
  return networkOf(space.architecture).key;
}
