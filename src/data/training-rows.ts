import type { Dataset } from './dataset.js';
import { labelledRows, type LabelledRows } from './labelled-rows.js';
import { splitDataset } from './split.js';

/** The rows of the training part of a data set, raw, in the default split. */
export function trainingPart(dataset: Dataset): LabelledRows {
  const { features, labels, featureNames } = dataset;
  const { train } = splitDataset(dataset);
  const width = featureNames.length;
  const rows = new Float32Array(train.length * width);
  train.forEach((row, index) => {
    rows.set(features.subarray(row * width, (row + 1) * width), index * width);
  });
  return labelledRows(
    rows,
    Uint8Array.from(train, (row) => labels[row] as number),
  );
}
