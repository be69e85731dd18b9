import { z } from 'zod';
import { ensure, WeightspringError } from '../errors.js';
import { schemaProblem } from '../files/schema-problem.js';
import {
  ACTIVATIONS,
  architecture,
  graphArchitecture,
  type Activation,
  type Architecture,
  type GraphForm,
} from './architecture.js';
import { MAX_NODES } from './graph.js';
import { MAX_UNITS } from './layers/layer.js';
import { LAYER_OPS, LAYER_SCHEMAS } from './layers/registry.js';

/** Most widths of a perceptron. */
export const MAX_LAYERS = 64;
/** Most axes of one row of the input. */
const MAX_AXES = 4;
/** Most values that one node reads, of whatever kind. */
const MAX_INPUTS = 64;

const ID = /^[A-Za-z0-9_.-]{1,64}$/;

const width = z.int().min(1).max(MAX_UNITS);

const layers = z
  .array(width)
  .min(2)
  .max(MAX_LAYERS)
  .describe('Widths of a perceptron from input to output: the short form of its graph.');

const activation = z.enum(ACTIVATIONS);

const id = z.string().regex(ID, 'expected 1 to 64 letters, digits, and _.-');

const nodeSchema = z.discriminatedUnion(
  'op',
  LAYER_SCHEMAS.map((schema) =>
    schema.extend({
      id: id
        .optional()
        .describe('Default: its place in the list, from 0. Its tensors are ID.weight and ID.bias.'),
      inputs: z
        .array(id)
        .min(1)
        .max(MAX_INPUTS)
        .optional()
        .describe("Ids of nodes before it, or 'input'. Default: the node before it."),
    }),
  ) as unknown as [z.ZodObject],
  { error: `expected an op of ${LAYER_OPS.join(', ')}` },
);

const graphShape = {
  input: z.array(width).min(1).max(MAX_AXES).describe('Shape of one row of features.'),
  nodes: z
    .array(nodeSchema)
    .min(1)
    .max(MAX_NODES)
    .describe('Layers in an order in which they can be computed; the last gives the logits.'),
};

/** An architecture whose activation may be left to a default. */
export type ArchitectureChoice =
  { readonly layers: readonly number[]; readonly activation?: Activation | undefined } | GraphForm;

/**
 * The grammar of architectures in requests: widths, whose activation may be left out, or a graph.
 * What comes of it is checked as a whole, and a graph that has a short form gets it.
 */
export const architectureChoiceSchema: z.ZodType<ArchitectureChoice> = eitherForm(
  z.strictObject({
    layers,
    activation: activation
      .optional()
      .describe("gelu is the exact one, x·Φ(x). Default: the first of the flow's activations."),
  }),
  z.strictObject(graphShape),
);

/**
 * An architecture of a value that need not be trusted.
 *
 * @throws WeightspringError `invalid-argument` naming the field or node at fault
 */
export function parseArchitecture(value: unknown): ArchitectureChoice {
  const parsed = z.object({ architecture: architectureChoiceSchema }).safeParse({
    architecture: value,
  });
  if (parsed.success) return parsed.data.architecture;
  const [first] = parsed.error.issues;
  ensure(first !== undefined, 'internal', () => 'a schema refused in silence');
  const { field, message } = schemaProblem(first, { architecture: value }, 'architecture');
  throw new WeightspringError('invalid-argument', message, { field });
}

/** The grammar of architectures in files and answers, where nothing is left out. */
export const architectureSchema: z.ZodType<Architecture> = eitherForm(
  z.strictObject({ layers, activation }),
  z.strictObject(graphShape),
);

/**
 * The grammar of records that have an architecture and other fields.
 *
 * @param fields - beside those of the architecture
 * @param options.activation - how a perceptron names it. Default: it must
 * @param options.isStrict - whether fields that are not known are refused. Default true
 */
export function architectureWith<S extends z.ZodRawShape>(
  fields: S,
  options: { readonly activation?: z.ZodType<Activation>; readonly isStrict?: boolean } = {},
): z.ZodType<Architecture & z.output<z.ZodObject<S>>> {
  const object = options.isStrict === false ? z.object : z.strictObject;
  return eitherForm(
    object({ layers, activation: options.activation ?? activation, ...fields }),
    object({ ...graphShape, ...fields }),
  );
}

/** A choice with the activation that it leaves out. */
export function completeArchitecture(
  choice: ArchitectureChoice,
  defaultActivation: Activation | undefined,
): Architecture {
  return 'nodes' in choice
    ? choice
    : architecture(choice.layers, choice.activation ?? defaultActivation);
}

/**
 * A union of two forms that tells by its fields which one a value has, so that what is wrong is said
 * of that one, and checks lengths before anything is made of what is long.
 */
function eitherForm<T>(layered: z.ZodObject, graph: z.ZodObject): z.ZodType<T> {
  const check = (value: unknown, context: z.RefinementCtx): unknown => {
    const refuse = (issues: readonly Issue[]): unknown => {
      for (const issue of issues) context.addIssue({ ...issue, fatal: true });
      return z.NEVER;
    };
    const tooLong = lengthIssue(value);
    if (tooLong !== undefined) return refuse([tooLong]);
    const form = hasGraph(value) ? graph : layered;
    const parsed = form.safeParse(value);
    if (!parsed.success) return refuse(parsed.error.issues.map(plainIssue));
    try {
      return form === graph ? canonical(parsed.data) : parsed.data;
    } catch (error) {
      if (!(error instanceof WeightspringError)) throw error;
      return refuse([{ code: 'custom', message: error.message, path: pathOf(error.field) }]);
    }
  };
  return z.preprocess(check, z.union([layered, graph])) as unknown as z.ZodType<T>;
}

function hasGraph(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('nodes' in value || 'input' in value);
}

type Issue = z.core.$ZodSuperRefineIssue;

/** An op that is not known is wrong by itself: none of the other kinds has more to say. */
function plainIssue(issue: z.core.$ZodIssue): Issue {
  if (issue.code !== 'invalid_union') return { ...issue };
  const { path, message } = issue;
  return { code: 'invalid_value', values: [...LAYER_OPS], path: [...path], message };
}

/** A schema makes an issue of each element at fault, of however many there are. */
function lengthIssue(value: unknown): Issue | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [field, maximum] of Object.entries({ layers: MAX_LAYERS, nodes: MAX_NODES })) {
    const list: unknown = Reflect.get(value, field);
    if (Array.isArray(list) && list.length > maximum) {
      const message = `expected at most ${maximum} elements`;
      return { code: 'too_big', origin: 'array', maximum, message, path: [field] };
    }
  }
  return undefined;
}

/** The record with its graph in the shortest form; the fields beside it stay. */
function canonical(record: Readonly<Record<string, unknown>>): unknown {
  const { input, nodes, ...others } = record as unknown as GraphForm & Record<string, unknown>;
  return { ...graphArchitecture({ input, nodes }), ...others };
}

/** `architecture.nodes[3]` → `['nodes', 3]`. */
function pathOf(field: string | undefined): (string | number)[] {
  return (field ?? '')
    .split(/[.[\]]+/)
    .slice(1)
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
