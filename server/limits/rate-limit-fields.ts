import type { ServerResponse } from 'node:http';

/** A limit, and what is left of it. */
export interface LimitState {
  /** `address`, `key` or `networks`. */
  readonly name: string;
  readonly quota: number;
  readonly windowSeconds: number;
  readonly remaining: number;
  /** Until all of the quota is there again. */
  readonly fullSeconds: number;
}

/**
 * Adds a limit to the fields `RateLimit-Policy` and `RateLimit` of an answer.
 *
 * @see draft-ietf-httpapi-ratelimit-headers-09
 */
export function tellLimit(res: ServerResponse, limit: LimitState): void {
  const { name, quota, windowSeconds, remaining, fullSeconds } = limit;
  append(res, 'RateLimit-Policy', `"${name}";q=${quota};w=${windowSeconds}`);
  append(res, 'RateLimit', `"${name}";r=${remaining};t=${fullSeconds}`);
}

function append(res: ServerResponse, name: string, item: string): void {
  const before = res.getHeader(name);
  res.setHeader(name, before === undefined ? item : `${String(before)}, ${item}`);
}
