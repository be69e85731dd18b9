import { z } from 'zod';
import {
  ACTIVATIONS,
  architectureChoiceWithin,
  architectureSchema,
  architectureWith,
  CLASSIFIER_FORMATS,
  DEFAULT_NETWORK_FORMAT,
  descriptorSchema,
  DEVICE_CHOICES,
  INPUT_SCALINGS,
  MAX_MEMBERS,
  MAX_SEED,
  NETWORK_FORMATS,
  noveltyCertificateSchema,
  PROVIDERS,
  SOLVER_METHODS,
  SOLVERS,
  TIME_GRIDS,
  WEIGHT_FORMATS,
  WEIGHT_SCALES,
  type FlowChanges,
  type FlowSummary,
  type PoolHealth,
  type Provenance,
  type RefusedFlow,
} from '../src/index.js';
import { guideRequestSchema, guideSettings } from './guide-schema.js';
import { MAX_ITEMS } from './validate.js';

/** Without two numbers per feature, of which there may be hundreds. */
export type ListedFlow = Omit<FlowSummary, 'data' | 'inputMean' | 'inputScale'>;

/** Most networks of one request. */
export const MAX_COUNT = 256;

const classifierFormats = CLASSIFIER_FORMATS.join(', ');
const weightFormats = WEIGHT_FORMATS.join(', ');

const activation = z.enum(ACTIVATIONS);
const width = z.int().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const widthRange = z.object({ min: width, max: width });

const solver = z.enum(SOLVERS);

/** `euler 1, heun 2, …` */
function evaluationsBySolver(): string {
  return SOLVERS.map((name) => `${name} ${SOLVER_METHODS[name].evaluations}`).join(', ');
}
const timeGrid = z.enum(TIME_GRIDS);
const stochasticity = z.strictObject({
  strength: z
    .number()
    .min(0)
    .describe('Noise of standard deviation strength × √Δt before a step of length Δt; 0 for none.'),
  from: z.number().min(0).max(1),
  to: z.number().min(0).max(1),
});

/** An architecture as a request names it. */
export const architectureChoiceSchema = architectureChoiceWithin(MAX_ITEMS);

/** Body of `POST /v1/networks`. */
export const networkRequestSchema = z.strictObject({
  flow: z.string().min(1).max(100).describe('Name of the flow to sample from.'),
  architecture: architectureChoiceSchema
    .optional()
    .describe('GET /v1/flows lists those that a flow serves. Default: its usualArchitecture.'),
  seed: z
    .int()
    .min(0)
    .max(MAX_SEED)
    .optional()
    .describe('The same seed gives the same networks. Default: drawn, and returned.'),
  steps: z
    .int()
    .min(1)
    .optional()
    .describe('Steps of the ODE solver. The flow sets default and maximum.'),
  solver: solver
    .optional()
    .describe(
      `Evaluations of the velocity network a step: ${evaluationsBySolver()}. Default: the flow’s.`,
    ),
  timeGrid: timeGrid.optional().describe('Where steps end. Default: the flow’s.'),
  stochasticity: z
    .union([
      z
        .number()
        .min(0)
        .transform((strength) => ({ strength, from: 0, to: 1 })),
      stochasticity,
    ])
    .optional()
    .describe('Strength of the noise, alone or with the range of times. Default: the flow’s.'),
  count: z
    .int()
    .min(1)
    .max(MAX_COUNT)
    .default(1)
    .describe('Number of networks; several are returned as a zip file with a manifest.'),
  ensemble: z
    .int()
    .min(2)
    .max(MAX_MEMBERS)
    .optional()
    .describe(
      'One classifier that averages so many networks, those of the same seed and count; only for ' +
        `${classifierFormats}, and without count. Outputs: probabilities (the mean), label, ` +
        'entropy (of the mean, in nats), mutualInformation (entropy less the mean entropy of the ' +
        'members).',
    ),
  memberProbabilities: z
    .boolean()
    .optional()
    .describe('Whether an ensemble also gives memberProbabilities [k, N, C]. Default: false.'),
  format: z
    .enum(NETWORK_FORMATS)
    .default(DEFAULT_NETWORK_FORMAT)
    .describe(
      `A complete classifier (${classifierFormats}), or its weights only (${weightFormats}), under ` +
        'the names of torch.nn.Sequential(Linear, activation, Linear, …), which gives the logits.',
    ),
  inputScaling: z
    .enum(INPUT_SCALINGS)
    .default('folded')
    .describe(
      'What the network of the file takes. folded: raw features; the standardisation of the flow ' +
        `is folded into 0.weight and 0.bias, or part of the graph (${classifierFormats}). separate: ` +
        'features that you standardise, (x − inputMean) / inputScale as in GET /v1/flows/{name} ' +
        `and in the metadata of the file; only for ${weightFormats}.`,
    ),
  weightScale: z
    .enum(WEIGHT_SCALES)
    .optional()
    .describe(
      'How the scale of the network is shared between its layers, which changes no answer of it: ' +
        'sampled, or balanced, for training on from it by gradient descent. Default: sampled.',
    ),
  guide: guideRequestSchema
    .optional()
    .describe('Labelled rows that the networks are to fit. Default: none.'),
});
export type NetworkRequest = z.output<typeof networkRequestSchema>;

const extrapolated = z
  .boolean()
  .describe(
    "Whether the architecture lies outside the hull of the flow's zoo: the zoo has none of its depth " +
      'and activation, or a layer is narrower or wider than all of these.',
  );

/** A kept file. */
export const networkRecordSchema = z.object({
  id: sha256.describe('SHA-256 of the file.'),
  href: z
    .string()
    .nullable()
    .describe('Where the file can be fetched while it is kept; null if it is not kept.'),
  fileName: z.string(),
  mediaType: z.string(),
  sizeBytes: z.int(),
  extrapolated,
  metadata: z
    .record(z.string(), z.string())
    .describe(
      "The file's own metadata. inputScaling says where the standardisation is: graph " +
        `(${classifierFormats}), folded or separate; inputMean and inputScale are lists in JSON, ` +
        'in the order of featureNames. Of an ensemble, what differs between its members is in ' +
        'members, JSON: by key a list with a value for each.',
    ),
  certificate: noveltyCertificateSchema
    .nullable()
    .describe(
      'How new the network is, as its metadata say it; null for a zip file, whose manifest has the ' +
        'metadata of each network, and for an ensemble, whose metadata have those of its members.',
    ),
});
export type NetworkRecord = z.output<typeof networkRecordSchema>;

/** How the networks were sampled. */
const provenance = {
  flow: z.string(),
  architecture: architectureSchema,
  seed: z.int(),
  steps: z.int(),
  solver,
  timeGrid,
  stochasticity,
  format: z.enum(NETWORK_FORMATS),
  inputScaling: z.enum(INPUT_SCALINGS),
  weightScale: z.enum(WEIGHT_SCALES).optional().describe('Absent where it is sampled.'),
  ensemble: z.int().optional().describe('Members of the ensemble; absent without one.'),
  memberProbabilities: z.boolean().optional(),
  guide: z
    .object({
      ...guideSettings,
      rows: z.int(),
      sha256: sha256.describe('SHA-256 of features and labels.'),
    })
    .optional()
    .describe('What guided the networks; absent where nothing did.'),
  extrapolated,
} satisfies Record<keyof Provenance, z.ZodType>;

/** Answer to `POST /v1/networks` for clients that accept JSON only. */
export const networksSchema = z.object({ ...provenance, networks: z.array(networkRecordSchema) });
export type Networks = z.output<typeof networksSchema>;

const judgement = z
  .object({
    rows: z.int(),
    guessing: z.number().describe('Accuracy of always guessing the most common class.'),
    trained: z.object({ runs: z.int(), accuracy: z.number() }),
    skill: z
      .number()
      .describe('Mean of (accuracy − guessing) / (trained − guessing) over the networks.'),
    broken: z.number().describe('Fraction of the networks with a skill below ½.'),
  })
  .describe('Results on the validation part, which decide what is served.');

/** A flow, as listed by `GET /v1/flows`. */
export const listedFlowSchema = z.object({
  name: z.string(),
  description: z.string(),
  task: z.string(),
  geometry: z.string(),
  velocity: z.string(),
  parameters: z.int(),
  inputs: width,
  outputs: width,
  activations: z.array(activation),
  featureNames: z.array(z.string()),
  classNames: z.array(z.string()),
  bounds: z.object({
    hiddenLayers: z.object({ min: z.int(), max: z.int() }),
    width: widthRange,
    totalWeights: z.object({ max: z.int() }),
    depths: z
      .array(
        z.object({
          family: z
            .string()
            .describe('Networks that differ only in the numbers h1, h2, … of hidden neurons.'),
          hiddenLayers: z.int(),
          activation: z
            .string()
            .describe('relu, or where they differ all in the order of the graph: relu,tanh.'),
          zoo: widthRange
            .nullable()
            .describe("Narrowest and widest hidden layer of the flow's zoo: its hull."),
          width: widthRange.describe('What is served; networks beyond `zoo` are extrapolated.'),
        }),
      )
      .describe('Architectures that the figures show to fail are refused all the same.'),
  }),
  steps: z.object({
    min: z.int().describe('With fewer, networks were measured to fail.'),
    default: z.int(),
    max: z.int(),
  }),
  operations: z
    .record(z.string(), z.union([z.int(), z.string()]))
    .describe(
      'Planned operations of one evaluation of the velocity network by family of architectures, ' +
        'such as 30-h1-h2-2: polynomials in batch and the widths h1, h2, …',
    ),
  solver,
  timeGrid,
  stochasticity,
  architectures: z.array(architectureWith({ runs: z.int(), accuracy: z.number() })),
  usualArchitecture: architectureSchema
    .nullable()
    .describe('Default of requests: the one with most runs in the zoo. Null without a zoo.'),
  figures: z.array(
    architectureWith({
      solver: z.string(),
      steps: z.int(),
      samples: z.int(),
      accuracy: z.object({ mean: z.number(), min: z.number() }),
      crossEntropy: z.number(),
      trainedAccuracy: z.number().nullable(),
      noveltyMedianRatio: z.number().nullable().optional(),
      judgement: judgement.nullable(),
    }),
  ),
  sha256: sha256.describe('SHA-256 of flow.onnx.'),
  configSha256: sha256.describe(
    'SHA-256 of config.json: equal for flows that give equal networks.',
  ),
}) satisfies z.ZodType<ListedFlow>;

/** A flow, as returned by `GET /v1/flows/{name}`. */
export const flowSchema: z.ZodType<FlowSummary> = listedFlowSchema.extend({
  inputMean: z
    .array(z.number())
    .describe('Per feature: networks work on (x − inputMean) / inputScale of raw features x.'),
  inputScale: z.array(z.number()),
  data: descriptorSchema
    .optional()
    .describe(
      'How features follow from the columns of the data set; absent where they are its columns.',
    ),
});

const refusedSchema: z.ZodType<readonly RefusedFlow[]> = z
  .array(z.object({ name: z.string(), reason: z.string() }))
  .describe('Folders that cannot be served, and why.');

const deviceSchema = z.object({
  provider: z.enum(PROVIDERS).describe('Where networks are computed.'),
  requested: z.enum(DEVICE_CHOICES),
  fallbackReason: z.string().optional().describe('Why it is not the requested one.'),
});

export const flowListSchema = z.object({
  flows: z.array(listedFlowSchema),
  refused: refusedSchema,
  device: deviceSchema,
});

const names = z.array(z.string());

/** Answer to `POST /v1/flows/reload`. */
export const flowChangesSchema: z.ZodType<FlowChanges> = z.object({
  added: names,
  replaced: names,
  removed: names,
  refused: refusedSchema,
});

export const liveSchema = z.object({ live: z.boolean() });

const poolSchema: z.ZodType<PoolHealth> = z.object({
  alive: z.int(),
  busy: z.int(),
  queued: z.int(),
  closing: z.boolean(),
});

export const readySchema = z.object({
  ready: z.boolean(),
  reason: z.string().optional().describe('Why it is not ready.'),
  device: deviceSchema,
  pool: poolSchema,
  flows: z.int().describe('Number of flows served.'),
  refused: refusedSchema,
});

/** RFC 9457 problem details. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string().optional(),
  code: z.string().describe('Stable; safe to branch on.'),
  field: z
    .string()
    .optional()
    .describe('The field at fault: architecture.layers[1], architecture.nodes[3].'),
  requestId: z.string().optional(),
});
