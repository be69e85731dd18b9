import { Client, LAYERS } from './service-client.js';
import { startService } from './service-process.js';
import { medianTimesMs } from './statistics.js';

const REQUESTS = 32;
const WARM_UPS = 5;

/**
 * How many times faster 32 requests for one network each are answered when they come at once than
 * one by one. The service has one worker with one thread, so that batches are all that can make a difference.
 */
export async function measureBatching(modelsDir: string): Promise<number> {
  const service = await startService(modelsDir, ['--workers', '1', '--threads', '1']);
  try {
    const client = new Client(service.url);
    for (let seed = 0; seed < WARM_UPS; seed++) await client.generate(LAYERS, seed);
    const seeds = Array.from({ length: REQUESTS }, (_, seed) => seed);
    const oneByOne = async (): Promise<void> => {
      for (const seed of seeds) await client.generate(LAYERS, seed);
    };
    const atOnce = (): Promise<unknown> =>
      Promise.all(seeds.map((seed) => client.generate(LAYERS, seed)));
    const [oneByOneMs, atOnceMs] = await medianTimesMs([oneByOne, atOnce], { rounds: 5 });
    return oneByOneMs / atOnceMs;
  } finally {
    await service.close();
  }
}
