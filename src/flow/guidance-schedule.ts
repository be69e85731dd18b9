import type { TensorOps } from '../ops/tensor-ops.js';

/** The share of the strength that guidance has at time t, [batch]. */
type ShareAt = <T>(ops: TensorOps<T>, t: T) => T;

/** How the strength of guidance depends on time. To add a schedule, write its line here. */
const SCHEDULES = {
  constant: (ops) => ops.constant(1),
  /** `t`: grows as points become networks. */
  linear: (_, t) => t,
  /** `t²` */
  quadratic: (ops, t) => ops.mul(t, t),
  /** `1 − t`: leaves the last steps to the flow. */
  falling: (ops, t) => ops.sub(ops.constant(1), t),
} satisfies Record<string, ShareAt>;

export type GuidanceSchedule = keyof typeof SCHEDULES;

/** Names of the schedules. */
export const GUIDANCE_SCHEDULES = Object.keys(SCHEDULES) as readonly GuidanceSchedule[];

/**
 * The strength at time t.
 *
 * @param strength - λ, a scalar
 * @param t - [batch]
 * @returns λ(t), which broadcasts over [batch]
 */
export function scheduled<T>(ops: TensorOps<T>, schedule: GuidanceSchedule, strength: T, t: T): T {
  const shareAt: ShareAt = SCHEDULES[schedule];
  return ops.mul(shareAt(ops, t), strength);
}
