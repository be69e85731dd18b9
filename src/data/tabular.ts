import { builtInDataset } from './built-in-dataset.js';
import { parseCsv } from './csv.js';
import { corrupt, readDataFile, type DataFile } from './data-files.js';
import type { Dataset } from './dataset.js';
import { IRIS_FEATURES, pixelNames, WDBC_FEATURES, WINE_FEATURES } from './feature-names.js';

interface TabularSource {
  readonly file: DataFile;
  readonly featureNames: readonly string[];
  readonly classNames: readonly string[];
  readonly rows: number;
  /** Whether the first line is `rows,features,class names…`. */
  readonly header: boolean;
  readonly sharedUnit: boolean;
}

const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));

/** By name. */
export const TABULAR_SOURCES: Readonly<Record<string, TabularSource>> = {
  wdbc: {
    file: {
      path: 'uci/wdbc.csv',
      source:
        'scikit-learn (sklearn/datasets/data/breast_cancer.csv), originally ' +
        'https://archive.ics.uci.edu/dataset/17/breast+cancer+wisconsin+diagnostic',
    },
    featureNames: WDBC_FEATURES,
    classNames: ['malignant', 'benign'],
    rows: 569,
    header: true,
    sharedUnit: false,
  },
  iris: {
    file: {
      path: 'uci/iris.csv',
      source:
        'scikit-learn (sklearn/datasets/data/iris.csv), originally ' +
        'https://archive.ics.uci.edu/dataset/53/iris',
    },
    featureNames: IRIS_FEATURES,
    classNames: ['setosa', 'versicolor', 'virginica'],
    rows: 150,
    header: true,
    sharedUnit: false,
  },
  wine: {
    file: {
      path: 'uci/wine.csv',
      source:
        'scikit-learn (sklearn/datasets/data/wine_data.csv), originally ' +
        'https://archive.ics.uci.edu/dataset/109/wine',
    },
    featureNames: WINE_FEATURES,
    classNames: ['class_0', 'class_1', 'class_2'],
    rows: 178,
    header: true,
    sharedUnit: false,
  },
  digits: {
    file: {
      path: 'uci/digits.csv.gz',
      source:
        'scikit-learn (sklearn/datasets/data/digits.csv.gz), originally ' +
        'https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits',
    },
    featureNames: pixelNames(8),
    classNames: DIGITS,
    rows: 1797,
    header: false,
    sharedUnit: true,
  },
};

/**
 * Reads a data set that is a single CSV table.
 *
 * @throws WeightspringError `data-missing` or `data-corrupt`
 */
export async function loadTabular(
  task: string,
  { featureNames, classNames, rows, header, sharedUnit, ...source }: TabularSource,
  dataDir: string,
): Promise<Dataset> {
  const { contents, file } = await readDataFile(dataDir, source.file);
  const table = parseCsv(contents.toString('utf8'), file, {
    features: featureNames.length,
    classes: classNames.length,
    ...(header ? {} : { rows }),
  });
  if (table.labels.length !== rows) {
    throw corrupt(file, `expected ${rows} rows, got ${table.labels.length}`);
  }
  if (header && table.classNames.join() !== classNames.join()) {
    throw corrupt(
      file,
      `expected the classes ${classNames.join(', ')}, got ${table.classNames.join(', ')}`,
    );
  }
  return builtInDataset({
    task,
    features: table.features,
    labels: table.labels,
    featureNames,
    classNames,
    sharedUnit,
    testStart: null,
  });
}
