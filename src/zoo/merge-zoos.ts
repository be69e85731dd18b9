import { isDeepStrictEqual } from 'node:util';
import { architectureKey } from '../network/architecture.js';
import { ensure } from '../errors.js';
import { Zoo, type ZooArchitecture, type ZooHeader } from './zoo.js';

/** A zoo and where it comes from, for messages. */
export interface NamedZoo {
  readonly name: string;
  readonly zoo: Zoo;
}

/**
 * One zoo of parts that were trained alike on different architectures, or on runs of one that follow
 * one another: the networks that one training of all would have made, so that machines can share it.
 *
 * @throws WeightspringError `invalid-argument` where parts were trained differently, have the same
 *   runs, or leave some out
 */
export function mergeZoos(zoos: readonly [NamedZoo, ...NamedZoo[]]): Zoo {
  checkTrainedAlike(zoos);
  const architectures: ZooArchitecture[] = [];
  /** For each zoo, where its architectures are in the whole. */
  const places = zoos.map(({ name, zoo }) =>
    zoo.header.architectures.map((part) => {
      const key = architectureKey(part.architecture);
      const found = architectures.findIndex((own) => architectureKey(own.architecture) === key);
      if (found < 0) return architectures.push(part) - 1;
      architectures[found] = joined(architectures[found] as ZooArchitecture, part, name);
      return found;
    }),
  );
  const moved = <T extends { readonly architecture: number }>(own: T, index: number): T => ({
    ...own,
    architecture: places[index]?.[own.architecture] as number,
  });
  return new Zoo(
    { ...zoos[0].zoo.header, architectures },
    zoos.flatMap(({ zoo }, index) => zoo.networks.map((network) => moved(network, index))),
    zoos.flatMap(({ zoo }, index) => zoo.finals.map((final) => moved(final, index))),
  );
}

function joined(before: ZooArchitecture, part: ZooArchitecture, name: string): ZooArchitecture {
  const next = (before.firstRun ?? 0) + before.runs;
  const { firstRun = 0 } = part;
  ensure(
    firstRun === next,
    'invalid-argument',
    () =>
      `expected the runs of ${architectureKey(part.architecture)} in '${name}' to go on at ` +
      `${next}, where those before end, but they begin at ${firstRun}: the same runs twice, a gap, ` +
      `or parts in another order`,
    'firstRun',
  );
  return { ...before, runs: before.runs + part.runs };
}

function checkTrainedAlike(zoos: readonly [NamedZoo, ...NamedZoo[]]): void {
  const [first] = zoos;
  const fields = Object.keys(first.zoo.header) as (keyof ZooHeader)[];
  for (const { name, zoo } of zoos) {
    for (const field of fields.filter((own) => own !== 'architectures')) {
      ensure(
        isDeepStrictEqual(zoo.header[field], first.zoo.header[field]),
        'invalid-argument',
        () =>
          `expected zoos that were trained alike, but ${field} of '${name}' is ` +
          `${shown(zoo.header, field)}, and ${shown(first.zoo.header, field)} of '${first.name}'`,
        field,
      );
    }
  }
}

/** A field of a header, short enough for a message. */
function shown(header: ZooHeader, field: keyof ZooHeader): string {
  const text = JSON.stringify(header[field]);
  return text.length > LONGEST_SHOWN ? 'another one' : text;
}

const LONGEST_SHOWN = 200;
