import { describe, expect, it } from 'vitest';

import { canonicalForm, fromCanonicalForm } from '../../../src/alignment/canonical-form.js';
import { GroupedWeights } from '../../../src/alignment/grouped-weights.js';
import { flatWeights, torchTensors } from '../../../src/formats/torch-tensors.js';
import type { Architecture } from '../../../src/network/architecture.js';
import { eachPlace } from '../../../src/network/axis-view.js';
import { familySizes } from '../../../src/network/family.js';
import { forward, stackedShape } from '../../../src/network/forward.js';
import type { GraphNode } from '../../../src/network/graph.js';
import { initialise } from '../../../src/network/initialise.js';
import { layerOf, type LayerNode } from '../../../src/network/layers/registry.js';
import type { Layer, LayerSymmetry } from '../../../src/network/layers/layer.js';
import { networkOf, type Network } from '../../../src/network/network.js';
import { permutationSpec } from '../../../src/network/permutation-spec.js';
import { permuteNeurons } from '../../../src/network/permute.js';
import type { TensorSlot } from '../../../src/network/slots.js';
import type { NeuronGroup } from '../../../src/network/symmetry.js';
import type { Shape } from '../../../src/onnx/dim.js';
import { dimValue } from '../../../src/onnx/dim-value.js';
import type { OnnxModel } from '../../../src/onnx/graph.js';
import { GraphBuilder } from '../../../src/onnx/graph-builder.js';
import { differentiate } from '../../../src/ops/differentiate.js';
import { Float64Ops } from '../../../src/ops/float64-ops.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../../src/ops/reference-ops.js';
import type { TensorOps } from '../../../src/ops/tensor-ops.js';
import { replay, Tracer } from '../../../src/ops/trace.js';
import { Random } from '../../../src/random.js';
import { centralDifferences, deviation, uniformTensor } from '../../ops/finite-differences.js';
import { thrownBy } from '../../support/error-code.js';
import { runModel } from '../../support/run-model.js';
import { graphArchitecture } from '../graphs.js';
import type { LayerCase } from './cases.js';

const ROWS = 3;
const ops = new ReferenceOps();

/** Of 2, 1/4 and −1 the factors of a neuron that keep the function. */
const ALLOWED_FACTORS: Readonly<Record<LayerSymmetry, readonly number[]>> = {
  scale: [2, 1 / 4],
  sign: [-1],
  all: [2, 1 / 4, -1],
  none: [],
};

/** The layer under test with all that the suite asks about it. */
interface Subject {
  readonly arch: Architecture;
  readonly network: Network;
  readonly node: GraphNode;
  readonly kind: Layer<LayerNode>;
  readonly slots: readonly TensorSlot[];
  /** Of the neurons of its output. */
  readonly group: NeuronGroup;
  /** Random weights of the whole network, all of them moving the function. */
  readonly weights: Float32Array;
}

/** The suite that every kind of layer passes. */
export function describeLayer(op: string, { title, form, refuses, malformed }: LayerCase): void {
  const random = new Random(61, `${op} ${title}`);
  const subject = (): Subject => {
    const arch = graphArchitecture(form);
    const network = networkOf(arch);
    const node = network.graph.nodes.find(({ id }) => id === 'layer')!;
    const group = network.groups.find(({ name }) => name === network.neuronsOf.get('layer'))!;
    expect(group, 'the layer under test belongs to hidden neurons').toBeDefined();
    return {
      ...{ arch, network, node, group },
      kind: layerOf(node.layer),
      slots: network.slotsOf.get('layer') ?? [],
      weights: Float32Array.from({ length: network.parameters }, () => random.normal()),
    };
  };
  const samples = (): Float32Array => random.normals(20 * form.input.reduce((a, b) => a * b, 1));

  describe(`${op} ${title} conforms to Layer`, () => {
    it('gives the shape that it announces, for a symbolic number of rows too', () => {
      const { node, kind, slots, network } = subject();
      expect(kind.outputShape(node.layer, shapesOf(node))).toEqual(node.shape);
      const inputs = inputsOf(random, node, [ROWS]);
      const output = compute(ops, node, tensorsOf(random, slots), inputs);
      expect(output.shape).toEqual([ROWS, ...node.shape]);
      const neurons = network.neurons.find(({ name }) => name === network.neuronsOf.get('layer'))!;
      expect(neurons.size * node.perNeuron).toBe(node.shape[0]);

      const tracer = new Tracer();
      const symbolic = compute(
        tracer,
        node,
        slots.map(({ name, shape }) => tracer.input(name, shape)),
        shapesOf(node).map((shape, index) => tracer.input(`x${index}`, ['N', ...shape])),
      );
      expect(symbolic.shape).toEqual(['N', ...node.shape]);
    });

    it('has the gradients of central differences by its tensors and inputs (1e-7)', () => {
      const { node, slots } = subject();
      const values = [...tensorsOf(random, slots), ...inputsOf(random, node, [ROWS])];
      const weighting = uniformTensor(random, [ROWS, ...(node.shape as number[])]);
      const loss = <T>(on: TensorOps<T>, xs: readonly T[]): T => {
        const output = compute(on, node, xs.slice(0, slots.length), xs.slice(slots.length));
        return on.sum(on.mul(output, on.constant(weighting.data, weighting.shape)));
      };
      const tracer = new Tracer();
      const inputs = values.map(({ shape }, index) => tracer.input(`x${index}`, shape));
      const recorded = differentiate(tracer, loss(tracer, inputs), inputs);
      const bindings = new Map(inputs.map((input, index) => [input, values[index]!]));
      const gradients = replay(recorded, ops, bindings);
      const expected = centralDifferences((xs) => loss(ops, xs).data[0]!, values);
      gradients.forEach(({ data }, index) => {
        expect(deviation(data, expected[index]!), `operand ${index}`).toBeLessThan(1e-7);
        expect(
          data.some((value) => value !== 0),
          `operand ${index} moves it`,
        ).toBe(true);
      });
    });

    it('computes a stack of networks as each alone, in float64 as in the reference (1e-12)', () => {
      const { node, slots } = subject();
      const networks = [0, 1].map(() => ({
        tensors: tensorsOf(random, slots),
        inputs: inputsOf(random, node, [ROWS]),
      }));
      const alone = networks.map(({ tensors, inputs }) => compute(ops, node, tensors, inputs));
      const fast = networks.map(({ tensors, inputs }) =>
        compute(new Float64Ops(), node, tensors, inputs),
      );
      const stacked = compute(
        ops,
        node,
        slots.map((slot, index) =>
          stackOf(
            networks.map(({ tensors }) => tensors[index]!),
            stackedShape(slot, 2),
          ),
        ),
        shapesOf(node).map((shape, index) =>
          stackOf(
            networks.map(({ inputs }) => inputs[index]!),
            [2, ROWS, ...(shape as number[])],
          ),
        ),
      );
      expect(stacked.shape).toEqual([2, ROWS, ...node.shape]);
      const expected = alone.flatMap(({ data }) => [...data]);
      expect(deviation(stacked.data, expected)).toBeLessThan(1e-12);
      expect(
        deviation(
          fast.flatMap(({ data }) => [...data]),
          expected,
        ),
      ).toBeLessThan(1e-12);
    });

    it('is in ONNX what it is here (onnxruntime, 1e-5)', async () => {
      const { arch, node, slots, weights } = subject();
      const tensors = slots.map(({ offset, size, shape }) =>
        tensor(weights.subarray(offset, offset + size), shape),
      );
      const batches = [1, 5].map((rows) => inputsOf(random, node, [rows]));
      const results = await runModel(
        onnxModel(arch, node, slots, weights),
        batches.map((inputs) =>
          Object.fromEntries(
            inputs.map(({ shape, data }, index) => [
              `x${index}`,
              { shape, data: Float32Array.from(data) },
            ]),
          ),
        ),
      );
      results.forEach(({ result }, batch) => {
        const expected = compute(ops, node, tensors, batches[batch]!);
        expect(result!.shape).toEqual(expected.shape);
        expect(deviation(result!.values, expected.data)).toBeLessThan(1e-5);
      });
    });

    it("has its tensors in torch's layout and back", () => {
      const { arch, network, slots, weights } = subject();
      const torch = new Map(torchTensors(arch, weights).map((own) => [own.name, own]));
      expect(torch.size).toBe(network.slots.length);
      for (const { torchName, shape, torchAxes, torchShape, size } of slots) {
        expect([...torchAxes].sort()).toEqual(shape.map((_, axis) => axis));
        expect(torch.get(torchName)!.shape).toEqual(torchShape);
        expect(torchShape.reduce((product, dim) => product * dim, 1)).toBe(size);
      }
      const back = flatWeights(arch, (name, size) => {
        const { data } = torch.get(name)!;
        expect(data.length).toBe(size);
        return data;
      });
      expect(back).toEqual(weights);
    });

    it('has weights only where it opens neurons', () => {
      const { kind, slots } = subject();
      const weights = slots.filter(({ role }) => role === 'weight');
      expect(weights.length).toBeLessThanOrEqual(kind.neurons === 'opens' ? slots.length : 0);
    });

    it('starts as its tensors say', () => {
      const { arch, slots } = subject();
      const start = initialise(arch, new Random(1));
      for (const { init, fanIn, offset, size } of slots) {
        const values = [...start.subarray(offset, offset + size)];
        const bound = 1 / Math.sqrt(fanIn);
        for (const value of values) {
          if (init === 'ones') expect(value).toBe(1);
          else expect(Math.abs(value)).toBeLessThanOrEqual(bound * (1 + 1e-6));
        }
      }
    });

    it('keeps shapes and tensors in its family', () => {
      const { network, node, kind } = subject();
      const [neurons = 1] = node.shape;
      const common = kind.resized(kind.familyNode(node.layer), neurons);
      expect(kind.outputShape(common, shapesOf(node))).toEqual(node.shape);
      expect(kind.tensors(common, node.rows[0]!, node.shape)).toEqual(
        kind.tensors(node.layer, node.rows[0]!, node.shape),
      );
      const sizes = familySizes(network);
      const shapes = network.family.tensors.map(({ shape }) =>
        shape.map((dim) => dimValue(dim, sizes)),
      );
      expect(shapes).toEqual(network.slots.map(({ shape }) => shape));
    });

    it('has the neurons that it is given, if it opens them', () => {
      const { node, kind } = subject();
      const [neurons = 1] = node.shape;
      const given = kind.neurons === 'opens' ? Number(neurons) + 1 : neurons;
      const resized = kind.resized(node.layer, Number(neurons) + 1);
      expect(kind.outputShape(resized, shapesOf(node))).toEqual([given, ...node.shape.slice(1)]);
    });

    it('permutes with its neurons (1e-12)', () => {
      const { arch, weights } = subject();
      const spec = permutationSpec(arch);
      const order = spec.groups.map(({ size }) => random.permutation(size));
      const permuted = permuteNeurons(weights, arch, spec, order);
      const x = samples();
      expect(deviation(forward(arch, permuted, x), forward(arch, weights, x))).toBeLessThan(1e-12);
    });

    it('has the symmetry that it declares, and no other', () => {
      const { arch, node, kind, group, weights } = subject();
      const declared = kind.symmetry(node.layer);
      expect(group.symmetry).toBe(declared === 'all' ? 'scale' : declared);
      const x = samples();
      const before = forward(arch, weights, x);
      const change = (factor: number): number => {
        const network = new GroupedWeights(weights, arch);
        // Powers of two and signs: rescaled weights are exact.
        network.scaleNeuron(group, 0, 1 / factor, factor);
        return deviation(forward(arch, network.toFloat32(), x), before);
      };
      const allowed = ALLOWED_FACTORS[declared];
      for (const factor of [2, 1 / 4, -1]) {
        if (allowed.includes(factor)) expect(change(factor), `by ${factor}`).toBeLessThan(1e-12);
        else expect(change(factor), `by ${factor}`).toBeGreaterThan(1e-2);
      }
    });

    it('keeps its function in a canonical form, with a constant neuron too (1e-4)', () => {
      const { arch, network, group, weights } = subject();
      if (group.symmetry !== 'scale') {
        expect(thrownBy(() => canonicalForm(weights, arch)).code).toBe('unsupported-architecture');
        return;
      }
      const x = samples();
      const constant = weights.slice();
      for (const slot of network.slots) {
        if (slot.role !== 'weight' || slot.to !== group.name) continue;
        eachPlace(slot, slot.toAxis, 0, (at) => (constant[at] = 0));
      }
      for (const each of [weights, constant]) {
        const round = fromCanonicalForm(canonicalForm(each, arch), arch);
        expect(deviation(forward(arch, round, x), forward(arch, each, x))).toBeLessThan(1e-4);
      }
    });

    it('has a grammar that knows it and nothing more', () => {
      const { node, kind } = subject();
      expect(kind.op).toBe(op);
      expect(kind.schema.parse(node.layer)).toEqual(node.layer);
      for (const bad of [{ ...node.layer, colour: 'red' }, { op: 'other' }, ...malformed]) {
        expect(kind.schema.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
      }
    });

    it.each(refuses)('refuses rows $inputs', ({ inputs, message }) => {
      const { node, kind } = subject();
      const error = thrownBy(() => kind.outputShape(node.layer, inputs));
      expect(error.code).toBe('invalid-argument');
      expect(error.message).toContain(message);
    });
  });
}

function compute<T>(
  on: TensorOps<T>,
  { layer }: GraphNode,
  tensors: readonly T[],
  inputs: readonly T[],
): T {
  return layerOf(layer).forward(on, layer, tensors, inputs);
}

function tensorsOf(random: Random, slots: readonly TensorSlot[]): readonly ReferenceTensor[] {
  return slots.map(({ shape }) => uniformTensor(random, shape));
}

function shapesOf({ rows }: GraphNode): readonly Shape[] {
  return rows.map(({ shape }) => shape);
}

/** @param rows - what comes before the shape of one row */
function inputsOf(
  random: Random,
  node: GraphNode,
  rows: readonly number[],
): readonly ReferenceTensor[] {
  return shapesOf(node).map((shape) => uniformTensor(random, [...rows, ...(shape as number[])]));
}

function stackOf(parts: readonly ReferenceTensor[], shape: readonly number[]): ReferenceTensor {
  return tensor(
    parts.flatMap(({ data }) => [...data]),
    shape,
  );
}

/** The layer alone as a model with inputs `x0`, `x1`, … and the output `result`. */
function onnxModel(
  arch: Architecture,
  node: GraphNode,
  slots: readonly TensorSlot[],
  weights: Float32Array,
): OnnxModel {
  const graph = new GraphBuilder({ name: 'layer', opset: 13, irVersion: 7 });
  const names = slots.map(({ torchName }) => torchName);
  for (const own of torchTensors(arch, weights)) {
    if (names.includes(own.name)) graph.initializer({ ...own, type: 'float32' });
  }
  const inputs = shapesOf(node).map((shape, index) =>
    graph.input({ name: `x${index}`, type: 'float32', shape: ['N', ...shape] }),
  );
  const { layer, shape } = node;
  const output = layerOf(layer).toOnnx(graph, layer, names, inputs, 'result', shape);
  expect(output).toBe('result');
  graph.output({ name: 'result', type: 'float32', shape: ['N', ...node.shape] });
  return graph.build();
}
