import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { GraphBuilder } from '../src/onnx/graph-builder.js';
import type { OnnxModel } from '../src/onnx/graph.js';
import { OnnxOps } from '../src/ops/onnx-ops.js';
import { Random } from '../src/random.js';
import { stepModel, velocityModel } from '../src/flows/flow-graphs.js';
import { matMulFlops } from './flops.js';
import { bareRuns, integration, openSession, type BenchSession } from './runs.js';
import { medianTimesMs } from './statistics.js';
import { BATCH, FLOW, HIDDEN, subjectParameters, subjectFamily } from './subject.js';

export interface SamplerFigures {
  /** The sampler's rate over that of one 1024³ product, both on onnxruntime. */
  readonly matmulFraction: number;
  /** 32 steps at batch 1 over 32 bare runs of the same session. */
  readonly loopOverhead: number;
  readonly gflopsPerSecond: number;
  readonly matmulGflopsPerSecond: number;
  /** One step of 64 networks. */
  readonly batchStepMs: number;
  /** One network in 32 steps, alone. */
  readonly singleNetworkMs: number;
}

const PRODUCT = 1024;
const STEPS = { batch: 4, single: 32 } as const;
/** Products in one measurement: about as long as the steps that they are compared with. */
const PRODUCTS = 8;

/** Measures sampling against what onnxruntime itself can do in the same process. */
export async function measureSampler(device: BenchSession): Promise<SamplerFigures> {
  const { byName } = subjectParameters();
  const session = await openSession(stepModel(FLOW, 'euler', byName, subjectFamily()), device);
  const product = await openSession(productModel(), device);
  try {
    // Counted on the velocity network alone: the step's own arithmetic is overhead.
    const flops = matMulFlops(velocityModel(FLOW, byName, subjectFamily()), {
      batch: BATCH,
      h1: HIDDEN.width,
    });
    const [batchMs, productMs] = await medianTimesMs(
      [integration(session, BATCH, STEPS.batch), productRun(product)],
      { rounds: 15, warmUps: 2 },
    );
    const [singleMs, bareMs] = await medianTimesMs(
      [integration(session, 1, STEPS.single), bareRuns(session, { batch: 1, runs: STEPS.single })],
      { rounds: 15, warmUps: 2 },
    );
    const batchStepMs = batchMs / STEPS.batch;
    const gflopsPerSecond = flops / batchStepMs / 1e6;
    const matmulGflopsPerSecond = (PRODUCTS * 2 * PRODUCT ** 3) / productMs / 1e6;
    return {
      matmulFraction: gflopsPerSecond / matmulGflopsPerSecond,
      loopOverhead: singleMs / bareMs,
      gflopsPerSecond,
      matmulGflopsPerSecond,
      batchStepMs,
      singleNetworkMs: singleMs,
    };
  } finally {
    await session.release();
    await product.release();
  }
}

/** One square product by a constant, which onnxruntime may pack ahead as it does a network's. */
function productModel(): OnnxModel {
  const graph = new GraphBuilder({ name: 'product' });
  const ops = new OnnxOps(graph);
  const shape = [PRODUCT, PRODUCT];
  const b = ops.parameter('b', new Random(1, 'product').normals(PRODUCT ** 2), shape);
  ops.output('y', ops.matMul(ops.input('a', shape), b));
  return graph.build();
}

function productRun(session: InferenceSession): () => Promise<unknown> {
  const tensor = (data: Float32Array): Tensor => new Tensor('float32', data, [PRODUCT, PRODUCT]);
  const feeds = { a: tensor(new Random(2, 'product').normals(PRODUCT ** 2)) };
  const fetches = { y: tensor(new Float32Array(PRODUCT ** 2)) };
  return async () => {
    for (let run = 0; run < PRODUCTS; run++) await session.run(feeds, fetches);
  };
}
