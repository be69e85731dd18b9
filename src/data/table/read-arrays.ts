import { WeightspringError } from '../../errors.js';
import { readNumpyArrays, type NumpyArray } from '../../files/numpy-arrays.js';
import { ColumnBuilder, MatrixColumn, type TableColumn } from './table-column.js';
import { excerpt, unreadable, unusable, type Table } from './table.js';

/** Names of features and labels, by habit. */
const FEATURES = ['X', 'x', 'data', 'features', 'X_train', 'x_train'];
const LABELS = ['y', 'Y', 'target', 'labels', 'y_train'];
const TEST_FEATURES = ['X_test', 'x_test'];
const TEST_LABELS = ['y_test'];
const FEATURE_NAMES = 'feature_names';
const KNOWN = [...FEATURES, ...LABELS, ...TEST_FEATURES, ...TEST_LABELS, FEATURE_NAMES];

/**
 * Reads an `.npz` file of NumPy: `X` of `[rows, …]` and `y` of `[rows]`, with `X_test` and `y_test` if
 * they are there, and `feature_names`.
 *
 * @param target - name of the array of labels. Default `y`
 * @throws WeightspringError `data-corrupt`, naming file and array
 */
export function readArrays(path: string, bytes: Uint8Array, target?: string): Table {
  const arrays = readingArrays(path, bytes, target);
  const find = (names: readonly string[]): [string, NumpyArray] | undefined => {
    const name = names.find((candidate) => arrays.has(candidate));
    return name === undefined ? undefined : [name, arrays.get(name) as NumpyArray];
  };
  const features = find(FEATURES);
  const labels = find(target === undefined ? LABELS : [target]);
  if (features === undefined || labels === undefined) {
    throw unusable(
      path,
      `expected arrays X of features and ${target ?? 'y'} of labels, got ` +
        `${excerpt([...arrays.keys()].join(', ')) || 'none of these'}: write it with ` +
        'numpy.savez(FILE, X=…, y=…)',
    );
  }
  const parts = [{ features, labels }];
  const [testFeatures, testLabels] = [find(TEST_FEATURES), find(TEST_LABELS)];
  if (testFeatures !== undefined && testLabels !== undefined) {
    parts.push({ features: testFeatures, labels: testLabels });
  }
  const names = arrays.get(FEATURE_NAMES)?.data;
  return arrayTable(path, parts, labels[0], Array.isArray(names) ? (names as string[]) : undefined);
}

function readingArrays(
  path: string,
  bytes: Uint8Array,
  target: string | undefined,
): ReadonlyMap<string, NumpyArray> {
  try {
    return readNumpyArrays(bytes, (name) => KNOWN.includes(name) || name === target);
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw unreadable(path, error.message, error);
  }
}

interface ArrayPart {
  readonly features: readonly [name: string, NumpyArray];
  readonly labels: readonly [name: string, NumpyArray];
}

/** A table of arrays of features and labels; rows of the second part are the test set. */
export function arrayTable(
  path: string,
  parts: readonly ArrayPart[],
  target: string,
  names?: readonly string[],
): Table {
  const widths = parts.map((part) => checkPart(path, part));
  const [width = 0] = widths;
  if (widths.some((other) => other !== width)) {
    throw unusable(path, `expected as many features in all parts, got ${widths.join(' and ')}`);
  }
  const rows = parts.reduce((sum, { labels }) => sum + labels[1].data.length, 0);
  const matrix = joined(parts.map(({ features }) => features[1].data as Float64Array));
  const featureNames = names?.length === width ? names : numberedFeatures(parts, width);
  const columns: TableColumn[] = featureNames.map(
    (name, place) => new MatrixColumn(name, rows, matrix, width, place),
  );
  const label = new ColumnBuilder(target);
  for (const { labels } of parts) {
    for (const value of labels[1].data) {
      if (typeof value === 'string') label.addCell(value);
      else label.addNumber(value);
    }
  }
  const [first] = parts;
  return {
    path,
    rows,
    columns: [...columns, label],
    target,
    isArray: true,
    sharedUnit: matrix instanceof Uint8Array,
    testStart: parts.length > 1 ? (first?.labels[1].data.length ?? 0) : null,
  };
}

/** @returns the number of features */
function checkPart(path: string, { features: [name, x], labels: [label, y] }: ArrayPart): number {
  const [rows = 0, ...rest] = x.shape;
  if (Array.isArray(x.data) || x.shape.length < 2 || rows < 1) {
    throw unusable(
      path,
      `array '${name}': expected numbers [rows, features], got [${x.shape.join(', ')}]`,
    );
  }
  if (y.data.length !== rows || y.shape.length === 0 || y.shape[0] !== rows) {
    throw unusable(
      path,
      `array '${label}': expected a label for each of the ${rows} rows of '${name}', got ` +
        `[${y.shape.join(', ')}]`,
    );
  }
  return rest.reduce((product, dim) => product * dim, 1);
}

type Numbers = Float32Array | Float64Array | Uint8Array;

function joined(parts: readonly Numbers[]): Numbers {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const result = parts.every((part) => part instanceof Uint8Array)
    ? new Uint8Array(length)
    : new Float32Array(length);
  let position = 0;
  for (const part of parts) {
    result.set(part, position);
    position += part.length;
  }
  return result;
}

/** `pixel_0_0`, … for images, else `feature 1`, … */
function numberedFeatures(parts: readonly ArrayPart[], width: number): readonly string[] {
  const shape = parts[0]?.features[1].shape ?? [];
  const [, height = 0, across = 0] = shape;
  if (shape.length === 3 && height * across === width) {
    return Array.from({ length: width }, (_, i) => `pixel_${Math.floor(i / across)}_${i % across}`);
  }
  return Array.from({ length: width }, (_, i) => `feature ${i + 1}`);
}
