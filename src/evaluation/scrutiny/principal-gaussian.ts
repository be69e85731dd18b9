import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { createPace, type Pace } from '../../pace.js';
import type { Random } from '../../random.js';

/**
 * The Gaussian with the mean and the leading principal components of some networks.
 *
 * With the centred networks as rows of X `[n, p]` and the leading eigenvectors U `[n, K]` of
 * `X Xᵀ`, a draw is `mean + Xᵀ U z / √(n − 1)`, z standard normal: its covariance is that of the
 * networks along their K leading components and zero elsewhere.
 */
export class PrincipalGaussian {
  readonly #mean: Float64Array;
  readonly #centred: readonly Float64Array[];
  /** `[n][n]`, leading eigenvectors first. */
  readonly #vectors: readonly (readonly number[])[];

  private constructor(
    mean: Float64Array,
    centred: readonly Float64Array[],
    vectors: readonly (readonly number[])[],
  ) {
    this.#mean = mean;
    this.#centred = centred;
    this.#vectors = vectors;
  }

  /**
   * @param networks - flat weights in a common order of neurons, at least two
   * @param pace - taken after every network; default: one that nobody stops
   */
  static async fit(
    networks: readonly Float32Array[],
    pace: Pace = createPace(),
  ): Promise<PrincipalGaussian> {
    const count = networks.length;
    const average = new Float64Array(networks[0]?.length ?? 0);
    for (const network of networks) {
      for (let i = 0; i < average.length; i++) {
        average[i] = (average[i] as number) + (network[i] as number) / count;
      }
    }
    const centred = networks.map((network) =>
      Float64Array.from(network, (value, i) => value - (average[i] as number)),
    );
    const gram = Matrix.zeros(count, count);
    for (const [i, a] of centred.entries()) {
      for (let j = 0; j <= i; j++) {
        const product = inner(a, centred[j] as Float64Array);
        gram.set(i, j, product).set(j, i, product);
      }
      await pace();
    }
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram, {
      assumeSymmetric: true,
    });
    const order = realEigenvalues.map((_, k) => k);
    order.sort((a, b) => (realEigenvalues[b] as number) - (realEigenvalues[a] as number));
    return new PrincipalGaussian(
      average,
      centred,
      order.map((k) => eigenvectorMatrix.getColumn(k)),
    );
  }

  /** Most components that the networks span. */
  get most(): number {
    return this.#centred.length - 1;
  }

  /**
   * A network of K leading components.
   *
   * @param components - K, from 1 to {@link most}
   */
  draw(components: number, random: Random): Float32Array {
    const z = random.normals(components);
    const root = Math.sqrt(this.most);
    const network = Float64Array.from(this.#mean);
    for (const [member, own] of this.#centred.entries()) {
      let weight = 0;
      for (let k = 0; k < components; k++) {
        weight += ((this.#vectors[k]?.[member] ?? 0) * (z[k] as number)) / root;
      }
      for (let i = 0; i < network.length; i++) {
        network[i] = (network[i] as number) + weight * (own[i] as number);
      }
    }
    return Float32Array.from(network);
  }
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
