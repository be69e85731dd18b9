import { ensure } from '../../errors.js';
import { architectureKey } from '../../network/architecture.js';
import type { Zoo } from '../../zoo/zoo.js';
import { readZoo } from '../../zoo/zoo-file.js';
import { MNIST_ARCHITECTURE } from './mnist-recipe.js';

/**
 * Reads a zoo that the experiment can use in place of one of its own.
 *
 * @throws WeightspringError as `readZoo`; `invalid-argument` for a zoo of another task, of other
 * architectures or with aligned networks
 */
export async function readMnistZoo(path: string): Promise<Zoo> {
  const zoo = await readZoo(path);
  const { header, architectures } = zoo;
  const key = architectureKey(MNIST_ARCHITECTURE);
  const keys = architectures.map(architectureKey).join(', ');
  expectZoo(header.task === 'mnist', 'a zoo of mnist', `one of ${header.task}`);
  expectZoo(keys === key, `networks ${key} only`, keys);
  expectZoo(header.alignment === null, 'networks as trained', 'aligned ones');
  return zoo;
}

function expectZoo(isMet: boolean, expected: string, found: string): void {
  ensure(
    isMet,
    'invalid-argument',
    () => `--zoo: expected ${expected}, got ${found}; zoo train --task mnist makes one that fits`,
    '--zoo',
  );
}
