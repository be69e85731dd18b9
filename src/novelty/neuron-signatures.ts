import { axisView, eachPlace, type AxisView } from '../network/axis-view.js';
import { permutationSpec } from '../network/permutation-spec.js';
import { networkOf } from '../network/network.js';
import type { WeightSpace } from '../flow/weight-space.js';

/** What of a point belongs to the neurons of one group of hidden neurons. */
export interface GroupSignature {
  /** h, neurons of the group. */
  readonly size: number;
  /** D, numbers per neuron. */
  readonly length: number;
}

/** A point as numbers of its hidden neurons, and the rest, which no permutation moves. */
export interface Signatures {
  /** One `[h, D]` per group, row-major. */
  readonly groups: readonly Float64Array[];
  readonly rest: Float64Array;
}

interface Part {
  readonly view: AxisView & { readonly shape: readonly number[]; readonly axis: number };
  readonly size: number;
  /** Its entries follow the order of other hidden neurons, too. */
  readonly isSorted: boolean;
}

/**
 * Splits the points of an architecture so that permutations of hidden neurons reorder rows:
 *
 * - A tensor with one axis of hidden neurons gives each of them its entries there.
 * - A tensor between two groups gives each neuron that it leads to its entries in ascending order:
 *   whatever the order of the other group, `‖a − π b‖ ≥ ‖sort a − sort b‖`.
 * - What has no such axis is the rest: biases of the classes, the log of the last layer's scale.
 *
 * So `min_π ‖a − π b‖² ≥ ‖rest_a − rest_b‖² + Σ_g min_{π_g} Σ_i ‖a_{g,i} − b_{g,π_g(i)}‖²`, with
 * equality where no tensor stands between two groups, as in networks of one hidden layer.
 */
export class SignatureLayout {
  readonly groups: readonly GroupSignature[];
  /** Whether the bound is the distance. */
  readonly isExact: boolean;
  readonly restLength: number;
  readonly #parts: readonly (readonly Part[])[];
  readonly #rest: readonly { readonly offset: number; readonly size: number }[];

  /** @param space - of the points */
  constructor(space: WeightSpace) {
    const { slots, parameters } = networkOf(space.architecture);
    const spec = permutationSpec(space.architecture);
    const parts = new Map(spec.groups.map(({ name }) => [name, [] as Part[]]));
    const rest: { offset: number; size: number }[] = [];
    for (const slot of slots) {
      const groups = spec.axes.get(slot.name) ?? [];
      const axes = groups.flatMap((group, axis) => (group === null ? [] : [axis]));
      const leading = axes.find((axis) => axis === slot.toAxis) ?? axes[0];
      if (leading === undefined) {
        rest.push(slot);
        continue;
      }
      parts.get(groups[leading] ?? '')?.push({
        view: { ...axisView(slot, leading), shape: slot.shape, axis: leading },
        size: slot.size,
        isSorted: axes.length > 1,
      });
    }
    if (space.dimension > parameters) {
      rest.push({ offset: parameters, size: space.dimension - parameters });
    }
    this.#parts = [...parts.values()];
    this.#rest = rest;
    this.groups = spec.groups.map(({ size }, group) => ({
      size,
      length: (this.#parts[group] ?? []).reduce((sum, part) => sum + part.size / size, 0),
    }));
    this.restLength = rest.reduce((sum, { size }) => sum + size, 0);
    this.isExact = this.#parts.every((group) => group.every(({ isSorted }) => !isSorted));
  }

  /** @param point - flat coordinates */
  of(point: ArrayLike<number>): Signatures {
    const groups = this.groups.map(({ size, length }, group) => {
      const rows = new Float64Array(size * length);
      for (let i = 0; i < size; i++) {
        let at = i * length;
        for (const { view, isSorted } of this.#parts[group] ?? []) {
          const start = at;
          eachPlace(view, view.axis, i, (place) => (rows[at++] = point[place] as number));
          if (isSorted) rows.subarray(start, at).sort();
        }
      }
      return rows;
    });
    const rest = new Float64Array(this.restLength);
    let at = 0;
    for (const { offset, size } of this.#rest) {
      for (let i = offset; i < offset + size; i++) rest[at++] = point[i] as number;
    }
    return { groups, rest };
  }
}
