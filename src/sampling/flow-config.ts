import { z } from 'zod';
import { NEURON_SYMMETRY } from '../alignment/canonical-form.js';
import { ACTIVATIONS, type Activation } from '../architecture/architecture.js';
import { WeightspringError } from '../errors.js';
import type { Coordinates } from '../flow/coordinates.js';
import { FLOW_GEOMETRIES, isCanonical, type FlowGeometry } from '../flow/geometry.js';
import { PREDICTIONS } from '../flow/prediction.js';
import { SOLVERS } from '../flow/solvers/solver.js';
import { TIME_GRIDS } from '../flow/solvers/time-grid.js';
import { DETERMINISTIC } from '../flow/stochasticity.js';
import { EDGE_UPDATES } from '../velocity/edge-features.js';

const width = z.int().min(1);

const ends = { inputs: width, outputs: width };
const trunk = { width, blocks: width };

const velocitySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('neuron-transformer'),
    ...ends,
    maxHiddenLayers: width,
    ...trunk,
    heads: width,
    edgeWidth: width,
    // Flows from before there was a choice.
    edgeUpdate: z.enum(EDGE_UPDATES).default('full'),
    mlpRatio: width,
    slots: z.int().min(0),
  }),
  z.strictObject({
    kind: z.literal('relational-transformer'),
    ...ends,
    maxHiddenLayers: width,
    ...trunk,
    heads: width,
    edgeWidth: width,
    mlpRatio: width,
  }),
  z.strictObject({
    kind: z.literal('pna'),
    ...ends,
    maxHiddenLayers: width,
    ...trunk,
    edgeWidth: width,
  }),
  z.strictObject({
    kind: z.literal('mlp'),
    ...ends,
    hiddenWidths: z.array(width).min(1).readonly(),
    ...trunk,
    mlpRatio: width,
  }),
]);

const range = z.strictObject({ min: width, max: width });

const scaleLaw = z.strictObject({
  intercept: z.number(),
  fanIn: z.number(),
  fanOut: z.number(),
});

const logScaleLaw = z.strictObject({
  intercept: z.number(),
  width: z.number(),
  std: z.number().positive(),
});

const stochasticitySchema = z
  .strictObject({
    strength: z.number().min(0),
    from: z.number().min(0).max(1),
    to: z.number().min(0).max(1),
  })
  .refine(({ from, to }) => from <= to, { path: ['to'], error: 'expected no less than from' });

/** The file `config.json` of a stored flow: everything that sampling needs beside the parameters. */
const flowConfigSchema = z
  .strictObject({
    formatVersion: z.literal(1),
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
    description: z.string(),
    task: z.string(),
    geometry: z.enum(FLOW_GEOMETRIES),
    velocity: velocitySchema,
    prediction: z.enum(PREDICTIONS),
    /** Depth L → one power law per tensor: what gives the coordinates unit variance. */
    scales: z.record(z.string(), z.array(scaleLaw)),
    /** Depth L → law of the log of the last layer's scale; none for the Euclidean flow. */
    logScales: z.record(z.string(), logScaleLaw).default({}),
    /** How a request is sampled that does not say otherwise. */
    solver: z.enum(SOLVERS),
    timeGrid: z.enum(TIME_GRIDS).default('uniform'),
    stochasticity: stochasticitySchema.default(DETERMINISTIC),
    steps: z.strictObject({ default: width, max: width }),
    bounds: z.strictObject({
      hiddenLayers: range,
      width: range,
      totalWeights: z.strictObject({ max: width }),
    }),
    /** The first is what a request gets that names none. */
    activations: z.array(z.enum(ACTIVATIONS)).min(1),
    featureNames: z.array(z.string()),
    classNames: z.array(z.string()),
    standardisation: z.strictObject({ mean: z.array(z.number()), scale: z.array(z.number()) }),
    architectures: z.array(
      z.strictObject({
        layers: z.array(width).min(2),
        activation: z.enum(ACTIVATIONS),
        runs: width,
        accuracy: z.number(),
      }),
    ),
    /** Digest of `flow.onnx`, hexadecimal. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** How it came about: for readers, not for the sampler. */
    training: z.record(z.string(), z.unknown()),
  })
  .refine(({ geometry, activations }) => hasSymmetry(geometry, activations), {
    path: ['activations'],
    error: 'a flow of canonical forms makes networks whose neurons can be rescaled: relu',
  });

function hasSymmetry(geometry: FlowGeometry, activations: readonly Activation[]): boolean {
  return !isCanonical(geometry) || activations.every((name) => NEURON_SYMMETRY[name] === 'scale');
}

export type FlowConfig = z.infer<typeof flowConfigSchema>;

/** The coordinates that a flow works in. */
export function coordinatesOf({ geometry, scales, logScales }: FlowConfig): Coordinates {
  return { geometry, scales, logScales };
}

/**
 * Reads the text of a `config.json`.
 *
 * @param path - for messages
 * @throws WeightspringError `data-corrupt`, naming the field at fault
 */
export function parseFlowConfig(text: string, path: string): FlowConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new WeightspringError('data-corrupt', `${path} is not JSON: ${String(cause)}`, { cause });
  }
  const parsed = flowConfigSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new WeightspringError(
    'data-corrupt',
    `${path}, field '${issue?.path.map(String).join('.') ?? ''}': ${issue?.message ?? 'invalid'}`,
  );
}
