import type { AttributeValue } from '../graph.js';
import type { ValueFacts } from './facts.js';
import type { NodeReader } from './node-reader.js';

/** What the verifier knows about one operator. */
export interface Operator {
  /** Fewest and most inputs. */
  readonly inputs: readonly [number, number];
  /** The attributes it may carry and their kinds. */
  readonly attributes?: Readonly<Record<string, AttributeValue['kind']>>;
  /** The attributes it must carry. */
  readonly required?: readonly string[];
  /** First operator set in which it has this form, if above the oldest that we accept. */
  readonly since?: number;
  /** Type and shape of its output. */
  readonly infer: (node: NodeReader) => ValueFacts;
}

/** Operators by name. */
export type OperatorTable = Readonly<Record<string, Operator>>;
