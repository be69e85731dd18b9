import { KeyRing } from '../../../server/identity/key-ring.js';
import { apiKeyDigest, newApiKey } from '../../../src/keys/api-key.js';
import type { KeyRecord } from '../../../src/keys/key-record.js';

export interface TestKey {
  readonly id: string;
  readonly key: string;
  readonly record: KeyRecord;
  /** The header that sends it. */
  readonly header: { readonly Authorization: string };
}

/** A key that allows everything, unless said otherwise. */
export function testKey(changes: Partial<KeyRecord> = {}): TestKey {
  const { id, key } = newApiKey();
  const record: KeyRecord = {
    id,
    name: 'test',
    sha256: apiKeyDigest(key).toString('hex'),
    scopes: ['generate', 'create', 'admin'],
    created: '2026-11-27T12:00:00.000Z',
    ...changes,
  };
  return { id, key, record, header: { Authorization: `Bearer ${key}` } };
}

export function ringOf(...keys: readonly TestKey[]): KeyRing {
  const ring = new KeyRing();
  ring.replace(keys.map(({ record }) => record));
  return ring;
}
