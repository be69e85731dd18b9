import { BlockList, isIPv6 } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether an address can be reached from this machine only. */
export function isLoopback(address: string): boolean {
  const plain = withoutMapping(address);
  return loopback.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

/**
 * Identifies a client: by its IPv4 address, or the network of its IPv6 address, in which it may have
 * any number of addresses.
 */
export function clientOf(address: string): string {
  const plain = withoutMapping(address);
  return isIPv6(plain) ? network64(plain) : plain;
}

/** IPv4 addresses appear as `::ffff:192.0.2.1` on a socket that takes both. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The first four of the eight groups, with `::` expanded. */
function network64(address: string): string {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const first = groups(head);
  if (tail === undefined) return first.slice(0, 4).join(':');
  const last = groups(tail);
  const zeros = Array.from({ length: Math.max(8 - first.length - last.length, 0) }, () => '0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}
