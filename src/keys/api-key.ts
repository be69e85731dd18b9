import { createHash, randomBytes } from 'node:crypto';

/** Which requests a key allows, beside those that any valid key does. */
export const API_KEY_SCOPES = ['generate', 'create', 'admin'] as const;
export type ApiKeyScope = (typeof API_KEY_SCOPES)[number];

/** Marks a key for people and for programs that look for leaked secrets. */
const PREFIX = 'wspring';
const ID_BYTES = 6;
const SECRET_BYTES = 32;
const FORM = /^wspring_([0-9a-f]{12})_[0-9a-f]{64}$/;

/** What messages call the form of a key. */
export const API_KEY_FORM = `${PREFIX}_ID_SECRET, ${2 * (ID_BYTES + SECRET_BYTES) + PREFIX.length + 2} characters`;

export interface NewApiKey {
  /** Names the key where the key itself must not show: 12 hexadecimal digits. */
  readonly id: string;
  /** `wspring_ID_SECRET`, with 256 random bits as SECRET. */
  readonly key: string;
}

export function newApiKey(): NewApiKey {
  const id = randomBytes(ID_BYTES).toString('hex');
  return { id, key: `${PREFIX}_${id}_${randomBytes(SECRET_BYTES).toString('hex')}` };
}

/** The id in a key; undefined if the text has not the form of one. */
export function apiKeyId(key: string): string | undefined {
  return FORM.exec(key)?.[1];
}

/**
 * SHA-256 of a key, by which it is stored. A slow hash as for passwords would add nothing: nobody can
 * try 2²⁵⁶ secrets.
 */
export function apiKeyDigest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
