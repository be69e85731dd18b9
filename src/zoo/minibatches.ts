import type { HostTensor } from '../ops/host-tensor.js';
import type { Pace } from '../pace.js';
import type { Random } from '../random.js';

/** The labelled rows of a data set that networks are trained on. */
export interface TrainingRows {
  /** `[n, width]`, row-major, float32, standardised. */
  readonly features: Float32Array;
  /** `[n]` */
  readonly labels: Uint8Array;
  /** Which of the n rows to train on. */
  readonly rows: Int32Array;
  readonly width: number;
  readonly classes: number;
}

/** How an epoch is divided into minibatches. */
export interface EpochSize {
  /** Rows of a minibatch. */
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
}

/**
 * @param rows - rows to train on
 * @param batchSize - rows of a minibatch; all rows where there are fewer
 */
export function epochSize(rows: number, batchSize: number): EpochSize {
  const size = Math.min(batchSize, rows);
  return { batchSize: size, stepsPerEpoch: Math.floor(rows / size) };
}

/**
 * Minibatches for M networks at once, in an order that is drawn for each network and epoch.
 *
 * Rows that do not fill a last batch are left out, different ones each epoch, so that all batches
 * have the same shape.
 */
export class Minibatches {
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  readonly #x: Float32Array;
  readonly #targets: Float32Array;
  #orders: readonly Int32Array[] = [];
  #position: number;

  /**
   * @param randoms - one generator per network
   * @param batchSize - rows of a batch; all rows where there are fewer
   */
  constructor(
    private readonly data: TrainingRows,
    private readonly randoms: readonly Random[],
    batchSize: number,
  ) {
    ({ batchSize: this.batchSize, stepsPerEpoch: this.stepsPerEpoch } = epochSize(
      data.rows.length,
      batchSize,
    ));
    this.#position = this.stepsPerEpoch;
    this.#x = new Float32Array(randoms.length * this.batchSize * data.width);
    this.#targets = new Float32Array(randoms.length * this.batchSize * data.classes);
  }

  /** The next `x [M, N, width]` and one-hot `targets [M, N, classes]`; the next call reuses them. */
  next(): readonly [x: HostTensor, targets: HostTensor] {
    const { features, labels, rows, width, classes } = this.data;
    const networks = this.randoms.length;
    if (this.#position === this.stepsPerEpoch) this.#beginEpoch();
    this.#targets.fill(0);
    let place = 0;
    for (const order of this.#orders) {
      for (let n = 0; n < this.batchSize; n++, place++) {
        const row = rows[order[this.#position * this.batchSize + n] as number] as number;
        this.#x.set(features.subarray(row * width, (row + 1) * width), place * width);
        this.#targets[place * classes + (labels[row] as number)] = 1;
      }
    }
    this.#position++;
    return [
      { shape: [networks, this.batchSize, width], data: this.#x },
      { shape: [networks, this.batchSize, classes], data: this.#targets },
    ];
  }

  /**
   * Skips the first minibatches: draws their orders without their rows.
   *
   * @param steps - their number; the object must be new
   * @param pace - awaited between epochs
   */
  async skip(steps: number, pace: Pace): Promise<void> {
    for (let left = steps; left > 0; left -= this.stepsPerEpoch) {
      this.#beginEpoch();
      this.#position = Math.min(left, this.stepsPerEpoch);
      await pace();
    }
  }

  #beginEpoch(): void {
    this.#orders = this.randoms.map((random) => random.permutation(this.data.rows.length));
    this.#position = 0;
  }
}
