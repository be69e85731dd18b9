import { GraphBuilder } from '../src/onnx/graph-builder.js';
import type { OnnxModel } from '../src/onnx/graph.js';
import { OnnxOps, type OnnxValue } from '../src/ops/onnx-ops.js';
import { collectParameters } from '../src/ops/trace.js';
import { initialiseParameters } from '../src/training/flow-parameters.js';
import { batchShapes, familyLayout } from '../src/network/point-layout.js';
import {
  RELATIONAL_TRANSFORMER_DEFAULTS,
  RelationalTransformer,
  type RelationalTransformerConfig,
} from '../src/velocity/relational-transformer.js';
import type { VelocityNetwork } from '../src/velocity/velocity-network.js';
import { DenseRelationalTransformer } from './dense-relational.js';
import { bareRuns, openSession } from './runs.js';
import { medianTimesMs, processorMs } from './statistics.js';
import { HIDDEN, subjectFamily, tensorNames, VELOCITY } from './subject.js';

export interface VelocityFigures {
  /** How many times longer one evaluation takes on all pairs of neurons than on the weights. */
  readonly relationalOverDense: number;
  readonly relationalMs: number;
  readonly denseMs: number;
}

/** The sizes of the thesis: d = 32, 5 layers, on 784-10-10 classifiers. */
const CONFIG: RelationalTransformerConfig = {
  ...RELATIONAL_TRANSFORMER_DEFAULTS,
  inputs: VELOCITY.inputs,
  outputs: VELOCITY.outputs,
  maxHiddenLayers: HIDDEN.layers,
  width: 32,
  edgeWidth: 32,
  blocks: 5,
};
const SEED = 1;

/** Evaluations of the fast network in one measurement, so that both take about as long. */
const REPETITIONS = 50;

/**
 * Measures the relational transformer against its dense form, which evaluates all 804² pairs of
 * neurons, at batch 1 on one thread, as a worker of the service computes. Both have random
 * parameters and get the same point. Times are of the processor.
 */
export async function measureVelocity(): Promise<VelocityFigures> {
  const sparse = await openSession(modelOf(new RelationalTransformer(CONFIG)), { threads: 1 });
  const dense = await openSession(modelOf(new DenseRelationalTransformer(CONFIG)), { threads: 1 });
  try {
    const [sparseMs, denseMs] = await medianTimesMs(
      [bareRuns(sparse, { batch: 1, runs: REPETITIONS }), bareRuns(dense, { batch: 1 })],
      { rounds: 5, measure: processorMs },
    );
    const relationalMs = sparseMs / REPETITIONS;
    return { relationalOverDense: denseMs / relationalMs, relationalMs, denseMs };
  } finally {
    await sparse.release();
    await dense.release();
  }
}

function modelOf(network: VelocityNetwork): OnnxModel {
  const layout = familyLayout(subjectFamily(), false);
  const shapes = batchShapes(layout);
  const specs = collectParameters((ops, parameter) => {
    const tensors = shapes.map((shape, index) => ops.input(`x${index}`, shape));
    network.predict(ops, parameter, { layout, tensors }, ops.input('t', ['batch']));
  });
  const values = initialiseParameters(specs, SEED);
  const graph = new GraphBuilder({ name: 'velocity' });
  const ops = new OnnxOps(graph);
  const parameters = new Map(
    specs.map(({ name, shape }, index) => [
      name,
      ops.parameter(name, values[index] ?? new Float32Array(0), shape),
    ]),
  );
  const names = tensorNames();
  const tensors = shapes.map((shape, index) => ops.input(`x.${names[index] ?? ''}`, shape));
  const source = (name: string): OnnxValue => parameters.get(name) ?? fail(name);
  network
    .predict(ops, source, { layout, tensors }, ops.input('t', ['batch']))
    .forEach((value, index) => {
      ops.output(`out.${names[index] ?? ''}`, value);
    });
  return graph.build();
}

function fail(name: string): never {
  throw new Error(`expected a parameter that was collected, got ${name}`);
}
