import { join } from 'node:path';
import { z } from 'zod';
import { InputMetric } from '../flow/input-metric.js';
import { nameSection, readSealedState, readSection, writeSealedState } from './sealed-state.js';

export const INPUT_METRIC_FILE = 'input-metric.safetensors';

const schema = z.object({
  features: z.int().min(1),
  rank: z.int().min(1),
  patches: z
    .object({
      image: z.tuple([z.int(), z.int(), z.int()]).readonly(),
      size: z.int(),
      stride: z.int(),
      padding: z.int(),
    })
    .optional(),
  /** All that decides the metric, as JSON. */
  origin: z.string(),
});

/**
 * Keeps the input metric of a run, so that continuing takes it as it is.
 *
 * @param origin - all that decides it, as JSON
 */
export async function keepInputMetric(
  runDir: string,
  { features, rank, moments, patches }: InputMetric,
  origin: unknown,
): Promise<void> {
  await writeSealedState(
    join(runDir, INPUT_METRIC_FILE),
    nameSection('metric', specsOf(features, rank), [
      moments.mean,
      moments.basis,
      moments.variances,
    ]),
    { features, rank, patches, origin: JSON.stringify(origin) } satisfies z.infer<typeof schema>,
  );
}

/**
 * The input metric that a run keeps; null where there is none yet, or one of another origin.
 *
 * @throws WeightspringError `data-corrupt` for a damaged file
 */
export async function keptInputMetric(
  runDir: string,
  origin: unknown,
): Promise<InputMetric | null> {
  const path = join(runDir, INPUT_METRIC_FILE);
  const file = await readSealedState(path, schema);
  if (file?.state.origin !== JSON.stringify(origin)) return null;
  const { features, rank, patches } = file.state;
  const [mean, basis, variances] = readSection(
    file.tensors,
    'metric',
    specsOf(features, rank),
    1,
    path,
  ) as readonly [Float32Array, Float32Array, Float32Array];
  return new InputMetric({ mean, basis, variances }, patches);
}

function specsOf(features: number, rank: number) {
  return [
    { name: 'mean', shape: [features] },
    { name: 'basis', shape: [features, rank] },
    { name: 'variances', shape: [rank] },
  ];
}
