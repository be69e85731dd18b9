import { z } from 'zod';
import { API_KEY_SCOPES } from './api-key.js';

/** Most keys of a file. */
export const MAX_KEYS = 10_000;
/** Largest limit of a key. */
export const MAX_KEY_LIMIT = 1_000_000_000;

const limit = z.int().min(1).max(MAX_KEY_LIMIT).optional();
const time = z.iso.datetime();

/** A name: 1 to 100 characters that can be printed. */
export const keyNameSchema = z.string().regex(/^[^\p{C}]{1,100}$/u);

/** What is known of a key: not the key itself. */
export const keyRecordSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  name: keyNameSchema,
  /** SHA-256 of the key, hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(API_KEY_SCOPES)).min(1).max(API_KEY_SCOPES.length),
  created: time,
  /** From when on it is refused; absent: never. */
  expires: time.optional(),
  revoked: time.optional(),
  /** Default: the service's setting. */
  requestsPerMinute: limit,
  /** Requests for networks at a time. Default: the service's setting. */
  outstanding: limit,
  /** Networks generated per UTC day. Default: any number. */
  networksPerDay: limit,
});
export type KeyRecord = Readonly<z.output<typeof keyRecordSchema>>;

/** Whether a key is let in. */
export type KeyState = 'valid' | 'expired' | 'revoked';

/** @param nowMs - on the clock of `Date.now` */
export function keyState(
  { revoked, expires }: Pick<KeyRecord, 'revoked' | 'expires'>,
  nowMs: number,
): KeyState {
  if (revoked !== undefined) return 'revoked';
  return expires !== undefined && Date.parse(expires) <= nowMs ? 'expired' : 'valid';
}
