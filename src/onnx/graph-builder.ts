import { ensure } from '../errors.js';
import type { AttributeValue, GraphNode, Initializer, OnnxModel, ValueInfo } from './graph.js';

export interface GraphBuilderOptions {
  /** Name of the graph. */
  readonly name: string;
  /** Version of the default operator set. Default 17. */
  readonly opset?: number;
  /** Version of the file format. Default 8. */
  readonly irVersion?: number;
}

/**
 * Collects the parts of an {@link OnnxModel} and keeps their names unique.
 *
 * It knows nothing about shapes; `verifyModel` checks the result. Equal sequences of calls give
 * equal models, including names.
 *
 * @example
 * const graph = new GraphBuilder({ name: 'double' });
 * graph.input({ name: 'x', type: 'float32', shape: ['N'] });
 * graph.node('Add', ['x', 'x'], {}, ['y']);
 * graph.output({ name: 'y', type: 'float32', shape: ['N'] });
 * const model = graph.build();
 */
export class GraphBuilder {
  readonly opset: number;
  readonly #name: string;
  readonly #irVersion: number;
  readonly #taken = new Set<string>();
  readonly #nextNumber = new Map<string, number>();
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #initializers: Initializer[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #metadata: Record<string, string> = {};

  constructor({ name, opset = 17, irVersion = 8 }: GraphBuilderOptions) {
    this.#name = name;
    this.opset = opset;
    this.#irVersion = irVersion;
  }

  /** Declares an input of the graph and returns its name. */
  input(info: ValueInfo): string {
    this.#take(info.name, 'input');
    this.#inputs.push(info);
    return info.name;
  }

  /** Stores a constant tensor and returns its name. */
  initializer(initializer: Initializer): string {
    this.#take(initializer.name, 'initializer');
    this.#initializers.push(initializer);
    return initializer.name;
  }

  /**
   * Appends a node and returns it with its outputs named.
   *
   * @param inputs - names of values; an empty name omits an optional input
   * @param outputs - their names; default: one, named after the operator
   */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    outputs?: readonly string[],
  ): GraphNode {
    const name = this.freshName(opType);
    const names = outputs ?? [name];
    for (const output of names) this.#take(output, `output of ${opType}`);
    const node: GraphNode = { opType, name, inputs, outputs: names, attributes };
    this.#nodes.push(node);
    return node;
  }

  /** Declares an existing value as an output of the graph. */
  output(info: ValueInfo): void {
    ensure(
      this.#outputs.every(({ name }) => name !== info.name),
      'invalid-argument',
      () => `output "${info.name}" is declared twice`,
    );
    this.#outputs.push(info);
  }

  metadata(entries: Readonly<Record<string, string>>): void {
    Object.assign(this.#metadata, entries);
  }

  /** An unused name `prefix_0`, `prefix_1`, …; never returns the same name twice. */
  freshName(prefix: string): string {
    let number = this.#nextNumber.get(prefix) ?? 0;
    while (this.#taken.has(`${prefix}_${number}`)) number++;
    this.#nextNumber.set(prefix, number + 1);
    return `${prefix}_${number}`;
  }

  build(): OnnxModel {
    return {
      name: this.#name,
      irVersion: this.#irVersion,
      opset: this.opset,
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      initializers: [...this.#initializers],
      nodes: [...this.#nodes],
      metadata: { ...this.#metadata },
    };
  }

  #take(name: string, what: string): void {
    ensure(name !== '', 'invalid-argument', () => `an ${what} needs a name`);
    ensure(
      !this.#taken.has(name),
      'invalid-argument',
      () => `the name "${name}" of this ${what} is already taken in graph "${this.#name}"`,
    );
    this.#taken.add(name);
  }
}
