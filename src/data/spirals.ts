import { Random } from '../random.js';
import { builtInDataset } from './built-in-dataset.js';
import type { Dataset } from './dataset.js';

export interface SpiralsOptions {
  /** Rows per class. Default 300. */
  readonly rowsPerClass?: number;
  /** Standard deviation of the noise on both coordinates; the largest radius is 1. Default 0.03. */
  readonly noise?: number;
  /** Turns of each arm. Default 1.25. */
  readonly turns?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * Two interleaved spirals in the plane, one per class: a toy task that needs no files.
 *
 * The point at s ∈ [0, 1] of arm c: radius r = 0.1 + 0.9 s, angle 2π·turns·s + πc, plus noise.
 */
export function spirals(options: SpiralsOptions = {}): Dataset {
  const { rowsPerClass = 300, noise = 0.03, turns = 1.25, seed = 0 } = options;
  const random = new Random(seed, 'spirals');
  const classNames = ['first spiral', 'second spiral'];
  const rows = rowsPerClass * classNames.length;
  const features = new Float32Array(2 * rows);
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const label = row % classNames.length;
    // Roughly uniform along the arm, whose length grows with the square of s.
    const s = Math.sqrt(random.uniform());
    const radius = 0.1 + 0.9 * s;
    const angle = 2 * Math.PI * turns * s + Math.PI * label;
    features[2 * row] = radius * Math.cos(angle) + noise * random.normal();
    features[2 * row + 1] = radius * Math.sin(angle) + noise * random.normal();
    labels[row] = label;
  }
  return builtInDataset({
    task: 'spirals',
    features,
    labels,
    featureNames: ['x', 'y'],
    classNames,
    sharedUnit: false,
    testStart: null,
  });
}
