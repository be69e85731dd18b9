import { Option } from 'commander';
import { z } from 'zod';
import {
  DEFAULT_VELOCITY_KIND,
  velocityDefaults,
  velocityKind,
  VELOCITY_KINDS,
  type VelocityChoices,
} from '../velocity/registry.js';
import { integerParser } from './options.js';

/** What the command line reads from the schema of a field. */
interface FieldFacts {
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
}

/** An option for every field that may be chosen, of all kinds of velocity networks. */
export function velocityOptions(): readonly Option[] {
  return choiceNames().map((name) => {
    const { description = name, minimum = 1, maximum = 1, enum: values } = factsOf(name);
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const text = `${description} (default: ${defaultsOf(name)})`;
    return values === undefined
      ? new Option(`--${flag} <integer>`, text).argParser(integerParser(minimum, maximum))
      : new Option(`--${flag} <kind>`, text).choices(values);
  });
}

/** The choices among a command's flags; the others have a default. */
export function chosenVelocity(flags: VelocityChoices): VelocityChoices {
  return Object.fromEntries(
    choiceNames().flatMap((name) => {
      const value = (flags as Readonly<Record<string, unknown>>)[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function choiceNames(): readonly string[] {
  return [...new Set(VELOCITY_KINDS.flatMap((kind) => Object.keys(velocityDefaults(kind))))];
}

function factsOf(name: string): FieldFacts {
  const kind = VELOCITY_KINDS.find((candidate) => name in velocityDefaults(candidate));
  const { schema } = velocityKind(kind ?? DEFAULT_VELOCITY_KIND);
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
  return properties[name] as FieldFacts;
}

/** `neuron-transformer 4, pna 5`: the default of each kind that has the field. */
function defaultsOf(name: string): string {
  return VELOCITY_KINDS.flatMap((kind) => {
    const defaults = velocityDefaults(kind) as Readonly<Record<string, string | number>>;
    const value = defaults[name];
    return value === undefined ? [] : [`${kind} ${value}`];
  }).join(', ');
}
