import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import type { PermutationSpec } from '../network/permutation-spec.js';
import { differentiate } from '../ops/differentiate.js';
import { Tracer, type Expression } from '../ops/trace.js';
import type { NetworkLoss } from './network-loss.js';
import { relaxedNetwork } from './relaxed-network.js';
import { sinkhorn, type SinkhornOptions } from './sinkhorn.js';

/**
 * What Sinkhorn re-basin minimises over the permutations P of the network θ_b:
 * `l2`: `‖θ_a − P θ_b‖²`; `midpoint`: `L((θ_a + P θ_b)/2)`; `random-point`:
 * `L((1 − λ) θ_a + λ P θ_b)` with a new λ ~ U(0, 1) in every step.
 */
export type RebasinObjective =
  | { readonly kind: 'l2' }
  | { readonly kind: 'midpoint' | 'random-point'; readonly loss: NetworkLoss };

/** The recorded objective of two networks of one architecture, and its gradient. */
export interface RecordedObjective {
  /** Inputs: the tensors of θ_a and θ_b in flat order, λ [], and Z `[n, n]` per group. */
  readonly reference: readonly Expression[];
  readonly network: readonly Expression[];
  readonly lambda: Expression;
  readonly logits: readonly Expression[];
  /** P = sinkhorn(Z) per group: bind these instead of Z to evaluate given matrices. */
  readonly relaxed: readonly Expression[];
  readonly value: Expression;
  /** By Z, per group. */
  readonly gradients: readonly Expression[];
}

/** Records the objective at `θ_λ = (1 − λ) θ_a + λ P θ_b`; `l2` uses λ = 1. */
export function recordObjective(
  arch: Architecture,
  spec: PermutationSpec,
  objective: RebasinObjective,
  options: SinkhornOptions,
): RecordedObjective {
  const ops = new Tracer();
  const layout = networkOf(arch).slots;
  const tensorsOf = (network: string): ReadonlyMap<string, Expression> =>
    new Map(layout.map(({ name, shape }) => [name, ops.input(`${network}.${name}`, shape)]));
  const reference = tensorsOf('reference');
  const network = tensorsOf('network');
  const lambda = ops.input('lambda', []);
  const logits = spec.groups.map(({ name, size }) => ops.input(`logits.${name}`, [size, size]));
  const relaxed = logits.map((z) => sinkhorn(ops, z, options));

  const differences = new Map<string, Expression>();
  const between = new Map<string, Expression>();
  for (const [name, moved] of relaxedNetwork(ops, spec, network, relaxed)) {
    const from = reference.get(name) ?? moved;
    const difference = ops.sub(moved, from);
    differences.set(name, ops.mul(lambda, difference));
    between.set(name, ops.add(from, ops.mul(lambda, difference)));
  }
  const value =
    objective.kind === 'l2'
      ? [...differences.values()]
          .map((difference) => ops.sum(ops.mul(difference, difference)))
          .reduce((total, square) => ops.add(total, square))
      : objective.loss(ops, between);
  return {
    reference: [...reference.values()],
    network: [...network.values()],
    lambda,
    logits,
    relaxed,
    value,
    gradients: differentiate(ops, value, logits),
  };
}
