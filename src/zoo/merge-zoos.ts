import { isDeepStrictEqual } from 'node:util';
import { architectureKey } from '../network/architecture.js';
import { ensure } from '../errors.js';
import { Zoo, type ZooHeader } from './zoo.js';

/** A zoo and where it comes from, for messages. */
export interface NamedZoo {
  readonly name: string;
  readonly zoo: Zoo;
}

/**
 * One zoo of several that differ in their architectures only: the same as if all had been trained at
 * once, in the order given, so that machines can share the training.
 *
 * @throws WeightspringError `invalid-argument` where they were trained differently, or two have the
 *   same architecture
 */
export function mergeZoos(zoos: readonly [NamedZoo, ...NamedZoo[]]): Zoo {
  const [first] = zoos;
  const { architectures: _, ...shared } = first.zoo.header;
  const owners = new Map<string, string>();
  for (const { name, zoo } of zoos) {
    for (const field of Object.keys(shared) as (keyof typeof shared)[]) {
      ensure(
        isDeepStrictEqual(zoo.header[field], shared[field]),
        'invalid-argument',
        () =>
          `expected zoos that were trained alike, but ${field} of '${name}' is ` +
          `${shown(zoo.header, field)}, and ${shown(first.zoo.header, field)} of '${first.name}'`,
        field,
      );
    }
    for (const architecture of zoo.architectures) {
      const key = architectureKey(architecture);
      const owner = owners.get(key);
      ensure(
        owner === undefined,
        'invalid-argument',
        () => `expected each architecture in one zoo, but '${owner}' and '${name}' have ${key}`,
        'architectures',
      );
      owners.set(key, name);
    }
  }
  const offsets = zoos.map((_own, index) =>
    zoos.slice(0, index).reduce((sum, { zoo }) => sum + zoo.architectures.length, 0),
  );
  const moved = <T extends { readonly architecture: number }>(own: T, index: number): T => ({
    ...own,
    architecture: own.architecture + (offsets[index] as number),
  });
  return new Zoo(
    { ...first.zoo.header, architectures: zoos.flatMap(({ zoo }) => zoo.header.architectures) },
    zoos.flatMap(({ zoo }, index) => zoo.networks.map((network) => moved(network, index))),
    zoos.flatMap(({ zoo }, index) => zoo.finals.map((final) => moved(final, index))),
  );
}

/** A field of a header, short enough for a message. */
function shown(header: ZooHeader, field: keyof ZooHeader): string {
  const text = JSON.stringify(header[field]);
  return text.length > LONGEST_SHOWN ? 'another one' : text;
}

const LONGEST_SHOWN = 200;
