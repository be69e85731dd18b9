import { z } from 'zod';
import { activationSymmetry } from '../network/layers/activation.js';
import { ACTIVATIONS, type Activation, type Architecture } from '../network/architecture.js';
import { architectureWith } from '../network/grammar.js';
import type { Coordinates, CoordinateTensors } from '../flow/coordinates.js';
import { reducedArchitecture } from '../flow/reduced-architecture.js';
import { FLOW_GEOMETRIES, isCanonical, type FlowGeometry } from '../flow/geometry.js';
import { PRIORS } from '../flow/matched-prior.js';
import { PREDICTIONS, SKIPS } from '../flow/prediction.js';
import { SOLVERS } from '../flow/solvers/solver.js';
import { TIME_GRIDS } from '../flow/solvers/time-grid.js';
import { DETERMINISTIC } from '../flow/stochasticity.js';
import { FLOW_NAME_RULE, isFlowName } from './flow-name.js';
import { descriptorSchema } from '../data/descriptor.js';
import { velocitySchema } from './velocity-schema.js';

/** Bounds on scales and divisors, so that results fit into float32. */
const SMALLEST = 1e-30;
const LARGEST = 1e30;

/** Longest description of a flow, in characters. */
export const MAX_DESCRIPTION = 1000;
/** Most steps of one network. */
const MAX_STEPS = 100_000;

const width = z.int().min(1);

const range = z
  .strictObject({ min: width, max: width })
  .refine(({ min, max }) => min <= max, { path: ['max'], error: 'expected no less than min' });

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

/** The laws that turn weights into coordinates and back. */
export const coordinateLaws = {
  /** Key of a family → one power law per tensor: what gives the coordinates unit variance. */
  scales: z.record(z.string(), z.array(scaleLaw)),
  /** Key of a family → law of the log of the last layer's scale; none for the Euclidean flow. */
  logScales: z.record(z.string(), logScaleLaw).default({}),
};

const stochasticitySchema = z
  .strictObject({
    strength: z.number().min(0),
    from: z.number().min(0).max(1),
    to: z.number().min(0).max(1),
  })
  .refine(({ from, to }) => from <= to, { path: ['to'], error: 'expected no less than from' });

/**
 * The file `config.json` of a stored flow: everything that sampling needs besides the parameters.
 * `parse-flow-config.ts` checks whether its fields are consistent.
 */
export const flowConfigSchema = z
  .strictObject({
    formatVersion: z.literal(1),
    name: z.string().refine(isFlowName, `expected ${FLOW_NAME_RULE}`),
    description: z.string().max(MAX_DESCRIPTION),
    task: z.string(),
    /** How rows of the data set are encoded; absent for a data set that its name identifies. */
    data: descriptorSchema.optional(),
    geometry: z.enum(FLOW_GEOMETRIES),
    velocity: velocitySchema,
    prediction: z.enum(PREDICTIONS),
    /** Tensors of a predicted end point that keep x_t; absent for all. */
    skip: z.enum(SKIPS).optional(),
    /** Whether the velocity network takes a second time, up to which it leads; absent if not. */
    flowMap: z.literal(true).optional(),
    /** Absent for uniform noise. */
    prior: z.enum(PRIORS).optional(),
    /** Of flows whose points are reduced networks, on `rank` inputs in place of `features`. */
    inputMetric: z
      .strictObject({
        features: width,
        rank: width,
        /** Of images whose patches are measured: `features` is the numbers of one. */
        patches: z
          .strictObject({
            image: z.tuple([width, width, width]).readonly(),
            size: width,
            stride: width,
            padding: z.int().min(0),
          })
          .optional(),
        /** Largest share of a zoo network's input weights outside the kept directions. */
        largestResidual: z.number().min(0).max(1),
      })
      .optional(),
    /** Digest of `coordinates.safetensors`, which holds the input metric and the prior's deviations. */
    coordinatesSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    /** Digest of `novelty.safetensors`, which holds the finals of the zoo; absent without them. */
    noveltySha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    ...coordinateLaws,
    /** Default sampling of requests. */
    solver: z.enum(SOLVERS),
    timeGrid: z.enum(TIME_GRIDS).default('uniform'),
    stochasticity: stochasticitySchema.default(DETERMINISTIC),
    steps: z
      .strictObject({ default: width, max: width.max(MAX_STEPS) })
      .refine((steps) => steps.default <= steps.max, {
        path: ['default'],
        error: 'expected no more than max',
      }),
    bounds: z.strictObject({
      hiddenLayers: range,
      width: range,
      totalWeights: z.strictObject({ max: width }),
    }),
    /** The first is the default of requests. */
    activations: z.array(z.enum(ACTIVATIONS)).min(1),
    featureNames: z.array(z.string()),
    classNames: z.array(z.string()),
    standardisation: z.strictObject({
      mean: z.array(z.number().min(-LARGEST).max(LARGEST)),
      scale: z.array(z.number().min(SMALLEST).max(LARGEST)),
    }),
    architectures: z.array(architectureWith({ runs: width, accuracy: z.number() })),
    /** Digest of `flow.onnx`, hexadecimal. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** Record of its training: for readers, not for the sampler. */
    training: z.record(z.string(), z.unknown()),
  })
  .refine(({ geometry, activations }) => hasSymmetry(geometry, activations), {
    path: ['activations'],
    error: 'a flow of canonical forms makes networks whose neurons can be rescaled: relu',
  });

function hasSymmetry(geometry: FlowGeometry, activations: readonly Activation[]): boolean {
  return (
    !isCanonical(geometry) || activations.every((name) => activationSymmetry(name) === 'scale')
  );
}

export type FlowConfig = z.infer<typeof flowConfigSchema>;

/**
 * The coordinates that a flow works in.
 *
 * @param tensors - of its `coordinates.safetensors`; none without such a file
 */
export function coordinatesOf(
  { geometry, scales, logScales }: Pick<FlowConfig, 'geometry' | 'scales' | 'logScales'>,
  tensors: CoordinateTensors = {},
): Coordinates {
  return { geometry, scales, logScales, ...tensors };
}

/**
 * The architecture of the points that represent networks of an architecture.
 *
 * @throws WeightspringError `unsupported-architecture` for networks on other features
 */
export function pointArchitecture(
  { inputMetric }: Pick<FlowConfig, 'inputMetric'>,
  arch: Architecture,
): Architecture {
  if (inputMetric === undefined) return arch;
  return reducedArchitecture(arch, inputMetric);
}
