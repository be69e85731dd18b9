import { rowCount, type Dataset } from './dataset.js';
import { numberColumns } from './descriptor.js';
import { digest } from './digest.js';

/** Completes a data set that its name identifies: all columns are numbers, as published. */
export function builtInDataset(
  contents: Omit<Dataset, 'descriptor' | 'isBuiltIn' | 'sha256'>,
): Dataset {
  const { task, features, labels, featureNames, sharedUnit, testStart } = contents;
  return {
    ...contents,
    isBuiltIn: true,
    descriptor: {
      name: task,
      target: 'class',
      columns: numberColumns(featureNames),
      leftOut: [],
      sharedUnit,
      testRows: testStart === null ? null : rowCount(contents) - testStart,
    },
    sha256: digest(features, labels),
  };
}
