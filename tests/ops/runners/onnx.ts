import * as ort from 'onnxruntime-node';
import { GraphBuilder } from '../../../src/onnx/graph-builder.js';
import { encodeModel } from '../../../src/onnx/serialize.js';
import { OnnxOps } from '../../../src/ops/onnx-ops.js';
import type { TensorOpsRunner } from '../conformance.js';

/** Float32 on onnxruntime, CPU: records the computation as a graph, then runs the graph. */
export function onnxRunner(): TensorOpsRunner {
  return {
    run: async (compute, inputs) => {
      const graph = new GraphBuilder({ name: 'conformance' });
      const ops = new OnnxOps(graph);
      const values = inputs.map(({ shape }, index) => ops.input(`x${index}`, shape));
      ops.output('result', compute(ops, values));
      const session = await ort.InferenceSession.create(encodeModel(graph.build()), {
        intraOpNumThreads: 1,
        logSeverityLevel: 3,
      });
      try {
        const feeds = inputs.map(
          ({ shape, data }, index) =>
            [`x${index}`, new ort.Tensor('float32', data, shape)] as const,
        );
        const result = (await session.run(Object.fromEntries(feeds))).result;
        if (!(result?.data instanceof Float32Array)) throw new Error('expected float32');
        return { shape: result.dims, values: [...result.data] };
      } finally {
        await session.release();
      }
    },
  };
}
