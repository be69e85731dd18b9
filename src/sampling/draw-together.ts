import { WeightspringError } from '../errors.js';

/** One network to draw: network `index` of `seed`. */
export interface Draw {
  readonly seed: number;
  readonly index: number;
}

/** What one member of a batch asks for. */
export interface BatchMember {
  readonly seed: number;
  readonly firstIndex: number;
  readonly count: number;
  readonly signal?: AbortSignal | undefined;
}

/** Outcome of a member: the weights of its networks in order, or the error. */
export type Drawn =
  | { readonly member: number; readonly weights: readonly Float32Array[] }
  | { readonly member: number; readonly error: unknown };

/**
 * Draws one tile of networks.
 *
 * @param isCancelled - whether all of its members have been cancelled
 */
export type DrawTile = (
  draws: readonly Draw[],
  isCancelled: () => boolean,
) => Promise<readonly Float32Array[]>;

interface Waiting extends Draw {
  readonly member: number;
}

/**
 * Draws the networks of several members in common tiles and yields each member as soon as it is
 * complete. The members share only the work: a cancelled one drops out, and those of a failed tile
 * are drawn again one by one, so that each gets its own networks or error.
 *
 * @param tile - most networks of one tile
 */
export async function* drawTogether(
  members: readonly BatchMember[],
  tile: number,
  drawTile: DrawTile,
): AsyncGenerator<Drawn, void> {
  const isCancelled = (member: number): boolean => members[member]?.signal?.aborted === true;
  const weights = members.map((): Float32Array[] => []);
  let waiting = members.flatMap(waitingDraws);
  for (;;) {
    const gone = distinctMembers(waiting).filter(isCancelled);
    waiting = waiting.filter(({ member }) => !gone.includes(member));
    for (const member of gone) yield { member, error: cancelled() };

    const drawn = waiting.slice(0, tile);
    if (drawn.length === 0) return;
    waiting = waiting.slice(tile);
    const inTile = distinctMembers(drawn);
    let results: readonly Float32Array[];
    try {
      results = await drawTile(drawn, () => inTile.every(isCancelled));
    } catch (error) {
      waiting = waiting.filter(({ member }) => !inTile.includes(member));
      for (const member of inTile) {
        if (inTile.length === 1) yield { member, error };
        else yield* alone(members, member, tile, drawTile);
      }
      continue;
    }
    drawn.forEach(({ member }, position) => {
      weights[member]?.push(results[position] as Float32Array);
    });
    const unfinished = waiting[0]?.member;
    for (const member of inTile) {
      if (member !== unfinished) yield { member, weights: weights[member] ?? [] };
    }
  }
}

async function* alone(
  members: readonly BatchMember[],
  member: number,
  tile: number,
  drawTile: DrawTile,
): AsyncGenerator<Drawn, void> {
  for await (const drawn of drawTogether(members.slice(member, member + 1), tile, drawTile)) {
    yield { ...drawn, member };
  }
}

function waitingDraws({ seed, firstIndex, count }: BatchMember, member: number): Waiting[] {
  return Array.from({ length: count }, (_, k) => ({ member, seed, index: firstIndex + k }));
}

function distinctMembers(draws: readonly Waiting[]): readonly number[] {
  return [...new Set(draws.map(({ member }) => member))];
}

function cancelled(): WeightspringError {
  return new WeightspringError('cancelled', 'cancelled before its networks were drawn');
}
