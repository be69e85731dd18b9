import { lookup } from 'node:dns/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WeightspringError } from '../../src/index.js';
import { isLoopback } from '../client-address.js';
import type { Configuration } from '../configuration.js';
import type { Log } from '../log.js';

/**
 * Refuses to listen without keys where other machines reach the service, if that is asked for.
 *
 * @throws WeightspringError `invalid-argument`
 */
export async function requireKeysOn({
  requireKeys,
  keysFile,
  host,
}: Pick<Configuration, 'requireKeys' | 'keysFile' | 'host'>): Promise<void> {
  if (!requireKeys || keysFile !== '') return;
  // A host without an address is told when it is listened on.
  const found = await lookup(host).catch(() => undefined);
  if (found === undefined || isLoopback(found.address)) return;
  throw new WeightspringError(
    'invalid-argument',
    `--require-keys: anyone who reaches ${host} could use the service: make a key with ` +
      'weightspring keys create, and name its file with --keys-file',
    { field: '--require-keys' },
  );
}

/** Warns that anybody who reaches the address may use the service. */
export function warnIfOpen(server: Server, log: Log): void {
  const { address } = server.address() as AddressInfo;
  if (isLoopback(address)) return;
  log('warn', 'no-authentication', {
    reason:
      `anyone who reaches ${address} may use the service: give it keys with --keys-file, or put a ` +
      'proxy that authenticates in front of it',
  });
}
