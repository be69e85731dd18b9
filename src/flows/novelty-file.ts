import { join } from 'node:path';
import { z } from 'zod';
import { digest } from '../data/digest.js';
import { ensure, WeightspringError } from '../errors.js';
import { parseJson } from '../files/parse-json.js';
import { readRegularFile } from '../files/read-regular-file.js';
import type { StoredTensor, TensorFile } from '../files/safetensors.js';
import { decodeSealedSafetensors, encodeSealedSafetensors } from '../files/sealed-safetensors.js';
import type { CoordinateTensors } from '../flow/coordinates.js';
import { FLOW_GEOMETRIES } from '../flow/geometry.js';
import { WeightSpace } from '../flow/weight-space.js';
import { architectureIn } from '../network/architecture.js';
import { coordinateLaws, type FlowConfig } from './flow-config.js';
import type { KeptArchitecture, KeptRuns } from './kept-networks.js';

/** The file of a flow folder that holds the finals of its zoo. */
export const NOVELTY_FILE = 'novelty.safetensors';

/** Longest file: the finals, and room for numbers of runs, distances and laws. */
const MAX_BYTES = 2 ** 22;

const coordinatesSchema = z.strictObject({
  geometry: z.enum(FLOW_GEOMETRIES),
  ...coordinateLaws,
});

/**
 * The bytes of the file: of architecture k of `config.json` that has runs `runs.k` [n], their
 * numbers, `distances.k` [n or 0], the distance of each to the nearest other run, and `finals.k`
 * [n, coordinates] in float16; in the metadata `coordinates`, the laws that they are fitted by.
 */
export function encodeNovelty({ coordinates, architectures }: KeptRuns): Uint8Array {
  const tensors = architectures.flatMap(({ finals, leaveOneOut }, index): StoredTensor[] => {
    const [first] = finals;
    if (first === undefined) return [];
    const [runs, width] = [finals.length, first.point.length];
    const points = new Float32Array(runs * width);
    finals.forEach(({ point }, row) => {
      points.set(point, row * width);
    });
    return [
      { name: `runs.${index}`, shape: [runs], data: Float32Array.from(finals, ({ run }) => run) },
      {
        name: `distances.${index}`,
        shape: [leaveOneOut.length],
        data: Float32Array.from(leaveOneOut),
      },
      { name: `finals.${index}`, shape: [runs, width], data: points, dtype: 'F16' },
    ];
  });
  return encodeSealedSafetensors(tensors, { coordinates: JSON.stringify(coordinates) });
}

/**
 * Reads the file of a flow and checks that it is the one that `config.json` names and fits it.
 *
 * @returns null for a flow that was stored without one
 * @throws WeightspringError `not-found` or `data-corrupt`
 */
export async function readNovelty(
  folder: string,
  config: Pick<FlowConfig, 'noveltySha256' | 'architectures'>,
  { inputMetric }: CoordinateTensors,
): Promise<KeptRuns | null> {
  const { noveltySha256, architectures } = config;
  if (noveltySha256 === undefined) return null;
  const path = join(folder, NOVELTY_FILE);
  const bytes = await readRegularFile(path, MAX_BYTES, { what: "a flow's trained networks" });
  ensure(
    digest(bytes) === noveltySha256,
    'data-corrupt',
    () => `${path} is not the file that config.json names (SHA-256 ${noveltySha256})`,
  );
  try {
    const { tensors, metadata } = decodeSealedSafetensors(bytes);
    const coordinates = coordinatesSchema.parse(parseJson(metadata.coordinates ?? ''));
    return {
      coordinates,
      architectures: architectures.map((record, index) => {
        if (!tensors.has(`finals.${index}`)) return { finals: [], leaveOneOut: [] };
        const space = new WeightSpace(architectureIn(record), { ...coordinates, inputMetric });
        return keptArchitecture(tensors, index, space.dimension);
      }),
    };
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const reason =
      cause instanceof WeightspringError ? cause.message : 'its metadata hold no coordinates';
    throw new WeightspringError('data-corrupt', `${path}: ${reason}`, { cause });
  }
}

function keptArchitecture(
  tensors: TensorFile['tensors'],
  index: number,
  dimension: number,
): KeptArchitecture {
  const of = (name: string): Float32Array => {
    const data = tensors.get(`${name}.${index}`)?.data;
    ensure(
      data?.every(Number.isFinite) === true,
      'data-corrupt',
      () => `expected a tensor '${name}.${index}' of finite numbers: it is missing or has others`,
    );
    return data;
  };
  const [runs, distances, finals] = [of('runs'), of('distances'), of('finals')];
  ensure(
    finals.length === runs.length * dimension && [0, runs.length].includes(distances.length),
    'data-corrupt',
    () =>
      `expected ${dimension} coordinates of each of ${runs.length} networks of architecture ` +
      `${index}, got ${finals.length}: it and config.json do not belong together`,
  );
  return {
    finals: Array.from(runs, (run, row) => ({
      run,
      point: finals.subarray(row * dimension, (row + 1) * dimension),
    })),
    leaveOneOut: Array.from(distances),
  };
}
