import { WeightspringError } from '../../errors.js';
import { formatShape, type Dim, type Shape } from '../dim.js';
import type { GraphNode } from '../graph.js';
import type { ValueFacts } from './facts.js';

/** Access of a shape rule to its node; every error names the node. */
export class NodeReader {
  readonly #node: GraphNode;
  readonly #inputs: readonly (ValueFacts | undefined)[];

  /** @param inputs - facts about the node's inputs, undefined for omitted ones */
  constructor(
    node: GraphNode,
    inputs: readonly (ValueFacts | undefined)[],
    readonly opset: number,
  ) {
    this.#node = node;
    this.#inputs = inputs;
  }

  get inputs(): readonly ValueFacts[] {
    return this.#inputs.map((_, index) => this.input(index));
  }

  input(index: number): ValueFacts {
    return this.optionalInput(index) ?? this.fail(`expected input ${index}, got none`);
  }

  optionalInput(index: number): ValueFacts | undefined {
    return this.#inputs[index];
  }

  /** The known elements of an int64 input: a shape, axes, starts or pads. */
  elements(index: number): readonly Dim[] {
    const { type, shape, elements } = this.input(index);
    if (elements !== undefined) return elements;
    return this.fail(
      `expected input ${index} to be an int64 vector computed from shapes and constants, ` +
        `got ${type} ${formatShape(shape)}`,
    );
  }

  /** The known elements of an int64 input, all numbers. */
  integers(index: number): readonly number[] {
    return this.elements(index).map((element) =>
      typeof element === 'number'
        ? element
        : this.fail(`expected numbers in input ${index}, got the dimension ${element}`),
    );
  }

  /** The attribute has the kind in the operator's table: `inferNode` has checked that. */
  int(attribute: string, fallback: number): number {
    const value = this.#node.attributes[attribute];
    return value?.kind === 'int' ? value.value : fallback;
  }

  string(attribute: string, fallback: string): string {
    const value = this.#node.attributes[attribute];
    return value?.kind === 'string' ? value.value : fallback;
  }

  ints(attribute: string): readonly number[] | undefined {
    const value = this.#node.attributes[attribute];
    return value?.kind === 'ints' ? value.value : undefined;
  }

  /** `axis` counted from 0, negative ones from the end; must be below `rank`. */
  axis(axis: number, rank: number): number {
    if (Number.isInteger(axis) && axis >= -rank && axis < rank)
      return axis < 0 ? axis + rank : axis;
    return this.fail(`expected an axis below rank ${rank}, got ${axis}`);
  }

  /** The distinct axes of a list, counted from 0. */
  axes(axes: readonly number[], rank: number): ReadonlySet<number> {
    const distinct = new Set(axes.map((axis) => this.axis(axis, rank)));
    if (distinct.size !== axes.length)
      this.fail(`expected distinct axes, got [${axes.join(', ')}]`);
    return distinct;
  }

  dim(shape: Shape, axis: number): Dim {
    return shape[axis] ?? this.fail(`expected a rank above ${axis}, got ${formatShape(shape)}`);
  }

  fail(message: string): never {
    const { opType, name } = this.#node;
    throw new WeightspringError('shape-mismatch', `${opType} "${name}": ${message}`);
  }
}
