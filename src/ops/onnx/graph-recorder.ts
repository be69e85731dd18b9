import type { Shape } from '../../onnx/dim.js';
import type { GraphBuilder } from '../../onnx/graph-builder.js';
import type { AttributeValue, Initializer, ValueInfo } from '../../onnx/graph.js';
import type { ValueFacts } from '../../onnx/inference/facts.js';
import { inferNode } from '../../onnx/inference/infer-node.js';

/** A value of the graph being recorded. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: Shape;
}

/** Appends nodes to a graph and infers their shapes, by the rules of the verifier. */
export class GraphRecorder {
  readonly #graph: GraphBuilder;
  readonly #facts = new Map<string, ValueFacts>();
  readonly #constants = new Map<string, OnnxValue>();

  constructor(graph: GraphBuilder) {
    this.#graph = graph;
  }

  input(info: ValueInfo): OnnxValue {
    this.#graph.input(info);
    return this.#define(info.name, { type: info.type, shape: info.shape });
  }

  initializer(initializer: Initializer): OnnxValue {
    const { type, shape, data } = initializer;
    this.#graph.initializer(initializer);
    return this.#define(
      initializer.name,
      data instanceof BigInt64Array
        ? { type, shape, elements: Array.from(data, Number) }
        : { type, shape },
    );
  }

  /** A float32 constant. Equal small ones are stored once. */
  floats(values: ArrayLike<number>, shape: readonly number[]): OnnxValue {
    const store = (): OnnxValue =>
      this.initializer({
        name: this.#graph.freshName(shape.length === 0 ? 'scalar' : 'constant'),
        type: 'float32',
        shape,
        data: Float32Array.from(values),
      });
    // For long ones the key would cost more than the copy that it saves.
    return values.length > 1024
      ? store()
      : this.#once(`floats ${shape.join()}: ${Array.from(values).join()}`, store);
  }

  /** An int64 vector: a shape, axes or bounds. Equal ones are stored once. */
  ints(values: readonly (number | bigint)[]): OnnxValue {
    return this.#once(`ints ${values.join()}`, () =>
      this.initializer({
        name: this.#graph.freshName('ints'),
        type: 'int64',
        shape: [values.length],
        data: BigInt64Array.from(values, BigInt),
      }),
    );
  }

  /**
   * Appends a node with one output.
   *
   * @throws WeightspringError `shape-mismatch` if the operator does not accept these inputs
   */
  emit(
    opType: string,
    inputs: readonly OnnxValue[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): OnnxValue {
    const node = this.#graph.node(
      opType,
      inputs.map(({ name }) => name),
      attributes,
    );
    const facts = inferNode(
      node,
      inputs.map(({ name }) => this.#facts.get(name)),
      this.#graph.opset,
    );
    const [name] = node.outputs as readonly [string];
    return this.#define(name, facts);
  }

  /** Declares `value` as an output of the graph under this name. */
  output(name: string, value: OnnxValue): void {
    this.#graph.node('Identity', [value.name], {}, [name]);
    this.#graph.output({ name, type: 'float32', shape: value.shape });
  }

  #define(name: string, facts: ValueFacts): OnnxValue {
    this.#facts.set(name, facts);
    return { name, shape: facts.shape };
  }

  #once(key: string, store: () => OnnxValue): OnnxValue {
    const value = this.#constants.get(key) ?? store();
    this.#constants.set(key, value);
    return value;
  }
}
