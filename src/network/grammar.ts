import { z } from 'zod';
import { WeightspringError } from '../errors.js';
import { parseWith } from '../files/schema-problem.js';
import { wording } from '../files/schema-wording.js';
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
import { LAYER_GRAMMARS, LAYER_OPS } from './layers/registry.js';

/** Most widths of a perceptron. */
export const MAX_LAYERS = 64;
/** Most axes of one row of the input. */
const MAX_AXES = 4;

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
  LAYER_GRAMMARS.map(({ op, schema, arity }) =>
    schema.extend({
      id: id
        .optional()
        .describe('Default: its place in the list, from 0. Its tensors are ID.weight and ID.bias.'),
      inputs: inputsOf(op, arity),
    }),
  ) as unknown as [z.ZodObject],
  { error: `expected an op of ${LAYER_OPS.join(', ')}` },
);

/** What a node of a kind reads: to be named where the node before it is not enough. */
function inputsOf(op: string, { min, max }: { readonly min: number; readonly max: number }) {
  const error =
    max === 1
      ? `expected the id of the one input of a node ${op}`
      : `expected the ids of ${min} to ${max} inputs of a node ${op}`;
  const inputs = z.array(id, { error }).min(min, { error }).max(max, { error });
  return min > 1
    ? inputs.describe("Ids of nodes before it, or 'input'.")
    : inputs
        .optional()
        .describe("Ids of nodes before it, or 'input'. Default: the node before it.");
}

function graphShape(maxNodes = MAX_NODES) {
  return {
    input: z.array(width).min(1).max(MAX_AXES).describe('Shape of one row of features.'),
    nodes: z
      .array(nodeSchema)
      .min(1)
      .max(maxNodes)
      .describe('Layers in an order in which they can be computed; the last gives the logits.'),
  };
}

/** An architecture whose activation may be left to a default. */
export type ArchitectureChoice =
  { readonly layers: readonly number[]; readonly activation?: Activation | undefined } | GraphForm;

/**
 * The grammar of architectures in requests: widths, whose activation may be left out, or a graph.
 * What comes of it is checked as a whole, and a graph that has a short form gets it.
 *
 * @param maxNodes - default: as many as a graph may have
 */
export function architectureChoiceWithin(maxNodes = MAX_NODES): z.ZodType<ArchitectureChoice> {
  return eitherForm(
    z.strictObject({
      layers,
      activation: activation
        .optional()
        .describe("gelu is the exact one, x·Φ(x). Default: the first of the flow's activations."),
    }),
    z.strictObject(graphShape(maxNodes)),
    maxNodes,
  );
}

const choiceSchema = z.object({ architecture: architectureChoiceWithin() });

/**
 * An architecture of a value that need not be trusted.
 *
 * @throws WeightspringError `invalid-argument` naming the field or node at fault
 */
export function parseArchitecture(value: unknown): ArchitectureChoice {
  const input = { architecture: value };
  return parseWith(choiceSchema, input, 'architecture', ({ field, message }) => {
    return new WeightspringError('invalid-argument', message, { field });
  }).architecture;
}

/** The grammar of architectures in files and answers, where nothing is left out. */
export const architectureSchema: z.ZodType<Architecture> = eitherForm(
  z.strictObject({ layers, activation }),
  z.strictObject(graphShape()),
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
    object({ ...graphShape(), ...fields }),
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
function eitherForm<T>(
  layered: z.ZodObject,
  graph: z.ZodObject,
  maxNodes = MAX_NODES,
): z.ZodType<T> {
  const check = (value: unknown, context: z.RefinementCtx): unknown => {
    const refuse = (issues: readonly Issue[]): unknown => {
      for (const issue of issues) context.addIssue({ ...issue, fatal: true });
      return z.NEVER;
    };
    const tooLong = lengthIssue(value, maxNodes);
    if (tooLong !== undefined) return refuse([tooLong]);
    const form = hasGraph(value) ? graph : layered;
    const parsed = form.safeParse(value, { error: wording });
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
function lengthIssue(value: unknown, maxNodes: number): Issue | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [field, maximum] of Object.entries({ layers: MAX_LAYERS, nodes: maxNodes })) {
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
