import { builtInDataset } from './built-in-dataset.js';
import { corrupt, readDataFile, type DataFile } from './data-files.js';
import type { Dataset } from './dataset.js';
import { pixelNames } from './feature-names.js';
import { parseIdx } from './idx.js';

const SIDE = 28;
const TRAINING_ROWS = 60_000;
const TEST_ROWS = 10_000;

interface ImageSource {
  readonly source: string;
  readonly classNames: readonly string[];
}

/** By name. */
export const IMAGE_SOURCES: Readonly<Record<string, ImageSource>> = {
  mnist: {
    source:
      'the MNIST database (four .gz files), https://yann.lecun.com/exdb/mnist/ or its mirror ' +
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
    classNames: Array.from({ length: 10 }, (_, digit) => String(digit)),
  },
  'fashion-mnist': {
    source: 'Fashion-MNIST (four .gz files), https://github.com/zalandoresearch/fashion-mnist',
    classNames: [
      'T-shirt/top',
      'Trouser',
      'Pullover',
      'Dress',
      'Coat',
      'Sandal',
      'Shirt',
      'Sneaker',
      'Bag',
      'Ankle boot',
    ],
  },
};

/**
 * Reads a data set of 28×28 grey images from its four IDX files, compressed or not: pixels 0–255,
 * the 60,000 training rows before the 10,000 test rows.
 *
 * @throws WeightspringError `data-missing` or `data-corrupt`
 */
export async function loadImages(
  task: string,
  { source, classNames }: ImageSource,
  dataDir: string,
): Promise<Dataset> {
  const pixels = SIDE * SIDE;
  const features = new Float32Array((TRAINING_ROWS + TEST_ROWS) * pixels);
  const labels = new Uint8Array(TRAINING_ROWS + TEST_ROWS);
  let start = 0;
  for (const [prefix, rows] of [
    ['train', TRAINING_ROWS],
    ['t10k', TEST_ROWS],
  ] as const) {
    const images = await readDataFile(dataDir, idxFile(`${task}/${prefix}-images`, 3, source));
    const classes = await readDataFile(dataDir, idxFile(`${task}/${prefix}-labels`, 1, source));
    const shape = [rows, SIDE, SIDE];
    features.set(parseIdx(images.contents, images.file, shape).data, start * pixels);
    const readLabels = parseIdx(classes.contents, classes.file, [rows]).data;
    const wrong = readLabels.findIndex((label) => label >= classNames.length);
    if (wrong >= 0) {
      throw corrupt(
        classes.file,
        `label ${wrong}: expected 0 to ${classNames.length - 1}, got ${readLabels[wrong] ?? ''}`,
      );
    }
    labels.set(readLabels, start);
    start += rows;
  }
  return builtInDataset({
    task,
    features,
    labels,
    featureNames: pixelNames(SIDE),
    classNames,
    sharedUnit: true,
    testStart: TRAINING_ROWS,
  });
}

/** An IDX file of a rank, as published or with the dot that some tools put into its name. */
function idxFile(prefix: string, rank: number, source: string): DataFile {
  return {
    path: `${prefix}-idx${rank}-ubyte.gz`,
    otherPaths: [`${prefix}.idx${rank}-ubyte.gz`],
    source,
  };
}
