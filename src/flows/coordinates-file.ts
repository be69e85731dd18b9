import { join } from 'node:path';
import { digest } from '../data/digest.js';
import { ensure, WeightspringError } from '../errors.js';
import { readRegularFile } from '../files/read-regular-file.js';
import type { NamedTensor, TensorFile } from '../files/safetensors.js';
import { decodeSealedSafetensors, encodeSealedSafetensors } from '../files/sealed-safetensors.js';
import type { Coordinates, CoordinateTensors } from '../flow/coordinates.js';
import { isCanonical } from '../flow/geometry.js';
import type { ImagePatches } from '../flow/image-patches.js';
import { InputMetric } from '../flow/input-metric.js';
import { pooledShape } from '../flow/matched-prior.js';
import { familyLayout, type PointTensor } from '../network/point-layout.js';
import { formatShape, sameShape } from '../onnx/dim.js';
import { sizeOf } from '../ops/shape-rules.js';
import type { FlowConfig } from './flow-config.js';
import { flowFamilies } from './flow-families.js';

/** The file of a flow folder that holds its input metric and the deviations of its prior. */
export const COORDINATES_FILE = 'coordinates.safetensors';

/** Most numbers of the file: no more than a velocity network has. */
const MAX_NUMBERS = 2 ** 25;
/** Most other bytes. */
const MAX_HEADER = 2 ** 20;
/** Bounds on variances and deviations, so that their squares fit into float32. */
const SMALLEST = 1e-12;
const LARGEST = 1e12;
/** How far the length of basis columns may differ from 1: a few float32 roundings. */
const BASIS_TOLERANCE = 1e-3;

type CoordinatesConfig = Pick<
  FlowConfig,
  'coordinatesSha256' | 'geometry' | 'inputMetric' | 'prior' | 'scales' | 'velocity'
>;

/** A tensor of the file, and its valid values. */
interface Expected {
  readonly name: string;
  readonly shape: readonly number[];
  readonly min: number;
  readonly max: number;
}

/** The bytes of the file; null for a flow without one. */
export function encodeCoordinates(
  config: Pick<FlowConfig, 'geometry' | 'scales' | 'velocity'>,
  { inputMetric, deviations }: CoordinateTensors,
): Uint8Array | null {
  if (inputMetric === undefined && deviations === undefined) return null;
  const tensors: NamedTensor[] = [];
  if (inputMetric !== undefined) {
    const { features, rank, moments } = inputMetric;
    tensors.push(
      { name: 'inputMetric.mean', shape: [features], data: moments.mean },
      { name: 'inputMetric.basis', shape: [features, rank], data: moments.basis },
      { name: 'inputMetric.variances', shape: [rank], data: moments.variances },
    );
  }
  if (deviations !== undefined) {
    for (const { family, tensor, index } of pointTensors(config)) {
      const data = deviations[family]?.[index];
      ensure(data !== undefined, 'internal', () => `no deviations of ${family}`);
      tensors.push({ name: deviationName(family, tensor), shape: pooledShape(tensor), data });
    }
  }
  return encodeSealedSafetensors(tensors, {});
}

/**
 * Reads the file of a flow and checks that it is the one named in `config.json`, complete and with
 * valid numbers.
 *
 * @throws WeightspringError `not-found` or `data-corrupt`, naming the tensor at fault
 */
export async function readCoordinates(
  folder: string,
  config: CoordinatesConfig,
): Promise<CoordinateTensors> {
  const { coordinatesSha256, inputMetric, prior } = config;
  if (coordinatesSha256 === undefined) return {};
  const path = join(folder, COORDINATES_FILE);
  const expected = expectedTensors(config);
  const numbers = expected.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  ensure(
    numbers <= MAX_NUMBERS,
    'too-large',
    () =>
      `expected ${path} to hold at most ${MAX_NUMBERS} numbers, config.json asks for ${numbers}`,
  );
  const bytes = await readRegularFile(path, 4 * numbers + MAX_HEADER, {
    what: "a flow's coordinates",
  });
  ensure(
    digest(bytes) === coordinatesSha256,
    'data-corrupt',
    () => `${path} is not the file that config.json names (SHA-256 ${coordinatesSha256})`,
  );
  const tensors = decode(bytes, path);
  const read = new Map(expected.map((tensor) => [tensor.name, checked(tensors, tensor, path)]));
  const at = (name: string): Float32Array => read.get(name) as Float32Array;
  return {
    ...(inputMetric === undefined ? {} : { inputMetric: metricOf(at, inputMetric.patches, path) }),
    ...(prior === 'matched' ? { deviations: deviationsIn(config, at) } : {}),
  };
}

function expectedTensors(config: CoordinatesConfig): readonly Expected[] {
  const { inputMetric, prior } = config;
  const [features, rank] = [inputMetric?.features ?? 0, inputMetric?.rank ?? 0];
  const positive = { min: SMALLEST, max: LARGEST };
  const any = { min: -LARGEST, max: LARGEST };
  return [
    ...(inputMetric === undefined
      ? []
      : [
          { name: 'inputMetric.mean', shape: [features], ...any },
          { name: 'inputMetric.basis', shape: [features, rank], min: -1.001, max: 1.001 },
          { name: 'inputMetric.variances', shape: [rank], ...positive },
        ]),
    ...(prior === 'matched'
      ? pointTensors(config).map(({ family, tensor }) => ({
          name: deviationName(family, tensor),
          shape: pooledShape(tensor),
          ...positive,
        }))
      : []),
  ];
}

/** The tensors of the points of every family that a flow has coordinates of. */
function pointTensors(config: Pick<FlowConfig, 'geometry' | 'scales' | 'velocity'>): readonly {
  readonly family: string;
  readonly tensor: PointTensor;
  readonly index: number;
}[] {
  return flowFamilies(config).flatMap((family) =>
    familyLayout(family, isCanonical(config.geometry)).tensors.map((tensor, index) => ({
      family: family.key,
      tensor,
      index,
    })),
  );
}

const deviationName = (family: string, { name }: PointTensor): string => `prior.${family}.${name}`;

function decode(bytes: Uint8Array, path: string): TensorFile['tensors'] {
  try {
    return decodeSealedSafetensors(bytes).tensors;
  } catch (cause) {
    if (!(cause instanceof WeightspringError)) throw cause;
    throw new WeightspringError('data-corrupt', `${path}: ${cause.message}`, { cause });
  }
}

function checked(
  tensors: TensorFile['tensors'],
  { name, shape, min, max }: Expected,
  path: string,
): Float32Array {
  const tensor = tensors.get(name);
  ensure(
    tensor !== undefined && sameShape(tensor.shape, shape),
    'data-corrupt',
    () =>
      `${path}: expected a tensor '${name}' ${formatShape(shape)}, got ` +
      `${tensor === undefined ? 'none' : formatShape(tensor.shape)}: it and config.json do not ` +
      'belong together',
  );
  ensure(
    tensor.data.every((value) => value >= min && value <= max),
    'data-corrupt',
    () => `${path}: expected numbers from ${min} to ${max}, got others in '${name}'`,
  );
  return tensor.data;
}

function metricOf(
  at: (name: string) => Float32Array,
  patches: ImagePatches | undefined,
  path: string,
): InputMetric {
  const moments = {
    mean: at('inputMetric.mean'),
    basis: at('inputMetric.basis'),
    variances: at('inputMetric.variances'),
  };
  const metric = new InputMetric(moments, patches);
  const squares = new Float64Array(metric.rank);
  metric.moments.basis.forEach((value, index) => {
    const k = index % metric.rank;
    squares[k] = (squares[k] as number) + value ** 2;
  });
  ensure(
    squares.every((square) => Math.abs(square - 1) <= BASIS_TOLERANCE),
    'data-corrupt',
    () => `${path}: expected directions of length 1, got others in 'inputMetric.basis'`,
  );
  return metric;
}

function deviationsIn(
  config: CoordinatesConfig,
  at: (name: string) => Float32Array,
): Coordinates['deviations'] {
  const families: Record<string, Float32Array[]> = {};
  for (const { family, tensor } of pointTensors(config)) {
    (families[family] ??= []).push(at(deviationName(family, tensor)));
  }
  return families;
}
