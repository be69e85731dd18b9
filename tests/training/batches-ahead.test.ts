import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { COUPLINGS, type CouplingKind } from '../../src/flow/couplings/registry.js';
import { fitCoordinates } from '../../src/flow/fit-coordinates.js';
import { standardisePopulation } from '../../src/flow/standardise-population.js';
import { architecture } from '../../src/network/architecture.js';
import { initialise } from '../../src/network/initialise.js';
import { PACKAGE_ROOT } from '../../src/package-info.js';
import { Random } from '../../src/random.js';
import type * as ahead from '../../src/training/batches-ahead.js';
import type { BatchSource } from '../../src/training/batch-source.js';
import { FlowBatches } from '../../src/training/flow-batches.js';

// As compiled: a thread cannot run TypeScript.
const compiled = join(PACKAGE_ROOT, 'dist/src/training/batches-ahead.js');
const { BatchesAhead } = (await import(compiled)) as typeof ahead;

const population = [
  [3, 4, 2],
  [3, 6, 5, 2],
].map((layers) => {
  const arch = architecture(layers);
  const networks = [1, 2, 3, 4].map((seed) => initialise(arch, new Random(seed)));
  return { architecture: arch, networks };
});
const coordinates = await fitCoordinates(population, 'geometric');
const points = await standardisePopulation(population, coordinates);

const open: BatchSource[] = [];
afterEach(() => Promise.all(open.splice(0).map((source) => source.dispose())));

function sources(coupling: CouplingKind, threads: number) {
  const drawn = { batchSize: 5, coupling, times: 'beta' } as const;
  const random = new Random(3, 'flow-batches');
  const { state } = random;
  const inTurn = new FlowBatches(points, drawn, random);
  const ahead = new BatchesAhead(points, { drawn, coordinates, state, threads });
  open.push(ahead);
  return { inTurn, ahead };
}

describe('BatchesAhead', () => {
  it.each(COUPLINGS)('gives the batches that are drawn in turn: %s', async (coupling) => {
    const { inTurn, ahead } = sources(coupling, 2);
    for (let batch = 0; batch < 7; batch++) expect(await ahead.next()).toEqual(inTurn.next());
  });

  it('goes on after the last batch taken, whatever is on its way', async () => {
    const { ahead } = sources('equivariant', 3);
    await ahead.next();
    const { state } = ahead;
    const following = [await ahead.next(), await ahead.next()];
    expect(ahead.state).not.toEqual(state);
    ahead.state = state;
    expect([await ahead.next(), await ahead.next()]).toEqual(following);
  });

  it('passes on the end of a thread', async () => {
    const { ahead } = sources('equivariant', 1);
    await ahead.next();
    await ahead.dispose();
    open.length = 0;
    await expect(async () => {
      for (let batch = 0; batch < 3; batch++) await ahead.next();
    }).rejects.toThrow(/thread that makes batches ended/);
  });
});
