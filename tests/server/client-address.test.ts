import { describe, expect, it } from 'vitest';
import { clientOf, isLoopback } from '../../server/client-address.js';

describe('client addresses', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['', ''],
  ])('%s is the client %s', (address, client) => {
    expect(clientOf(address)).toBe(client);
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.0.1', false],
    ['2001:db8::1', false],
  ])('%s is of this machine only: %s', (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });
});
