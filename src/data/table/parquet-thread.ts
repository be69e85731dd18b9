import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { WeightspringError } from '../../errors.js';
import { parquetColumns } from './parquet-columns.js';
import type { ParquetAnswer } from './read-parquet.js';

/** A thread that reads one Parquet file: its path is the data that it is started with. */
const path = workerData as string;

async function answer(): Promise<ParquetAnswer> {
  try {
    const columns = await parquetColumns(path, new Uint8Array(readFileSync(path)));
    return { columns: columns.map((column) => column.finish()) };
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    return { code: error.code, message: error.message };
  }
}

const found = await answer();
const transferred =
  'columns' in found
    ? found.columns.flatMap(({ numbers, codes }) =>
        [numbers.buffer, codes?.buffer].filter((buffer) => buffer instanceof ArrayBuffer),
      )
    : [];
parentPort?.postMessage(found, transferred);
