import { Tensor, type InferenceSession } from 'onnxruntime-node';
import type { HostTensor } from '../src/ops/host-tensor.js';
import { velocityModel } from '../src/sampling/flow-graphs.js';
import type { GradientFunction } from '../src/training/engine.js';
import { flowProgram } from '../src/training/flow-program.js';
import { ParameterAverage } from '../src/training/moving-average.js';
import { AdamW, clipScale, gradientNorm } from '../src/training/optimizers.js';
import { OrtEngine } from '../src/training/ort-engine.js';
import { TfjsEngine } from '../src/training/tfjs-engine.js';
import { FLOW_TRAINING_DEFAULTS } from '../src/training/train-flow.js';
import { createVelocityNetwork } from '../src/velocity/create-velocity-network.js';
import { pointNames } from '../src/velocity/point-shapes.js';
import { medianTimesMs } from './statistics.js';
import {
  FLOW,
  BATCH,
  emptyLike,
  HIDDEN,
  namedTensors,
  normalPoint,
  openSession,
  subjectParameters,
  VELOCITY,
} from './subject.js';

export interface TrainingFigures {
  /** A training step on onnxruntime over one forward evaluation there. */
  readonly stepOverForward: number;
  /** How many times faster a step is on onnxruntime than on TensorFlow.js. */
  readonly ortOverTfjs: number;
  readonly ortStepMs: number;
  readonly forwardMs: number;
  readonly tfjsStepMs: number;
  /** Which TensorFlow.js it was: `tfjs-wasm`, … */
  readonly tfjsEngine: string;
}

/** Measures whole training steps: loss, gradient, clipping, AdamW and the moving average. */
export async function measureTraining(): Promise<TrainingFigures> {
  const { specs, byName } = subjectParameters();
  const program = flowProgram(HIDDEN.layers, {
    model: { ...FLOW, network: createVelocityNetwork(VELOCITY) },
    loss: FLOW_TRAINING_DEFAULTS.loss,
    parameters: specs,
  });
  const tfjs = await TfjsEngine.load();
  const ortGradient = await new OrtEngine().compile(program);
  const tfjsGradient = await tfjs.compile(program);
  const session = await openSession(velocityModel(FLOW, byName, HIDDEN.layers));
  try {
    const [forwardMs, ortStepMs, tfjsStepMs] = await medianTimesMs(
      [forward(session), trainingStep(ortGradient), trainingStep(tfjsGradient)],
      { rounds: 5 },
    );
    return {
      stepOverForward: ortStepMs / forwardMs,
      ortOverTfjs: tfjsStepMs / ortStepMs,
      ortStepMs,
      forwardMs,
      tfjsStepMs,
      tfjsEngine: tfjs.name,
    };
  } finally {
    await session.release();
    await ortGradient.dispose();
    await tfjsGradient.dispose();
  }
}

function forward(session: InferenceSession): () => Promise<unknown> {
  const point = normalPoint(BATCH, 'x1');
  const names = pointNames(point.length);
  const { shape, data } = times();
  const feeds = {
    ...namedTensors('xt.', names, point),
    t: new Tensor('float32', data, shape),
  };
  const fetches = namedTensors('predicted.', names, emptyLike(point));
  return () => session.run(feeds, fetches);
}

/** One step as the trainer takes it, on parameters of its own. */
function trainingStep(gradient: GradientFunction): () => Promise<void> {
  const parameters = subjectParameters().values;
  const optimizer = new AdamW(
    parameters.map(({ length }) => length),
    { weightDecay: FLOW_TRAINING_DEFAULTS.weightDecay },
  );
  const average = new ParameterAverage(parameters, { decay: FLOW_TRAINING_DEFAULTS.averageDecay });
  const inputs = [...normalPoint(BATCH, 'x0'), ...normalPoint(BATCH, 'x1'), times()];
  return async () => {
    const { gradients } = await gradient.evaluate(parameters, inputs);
    optimizer.update(parameters, gradients, FLOW_TRAINING_DEFAULTS.learningRate, {
      gradientScale: clipScale(gradientNorm(gradients), FLOW_TRAINING_DEFAULTS.clipNorm),
      average,
    });
  };
}

function times(): HostTensor {
  return {
    shape: [BATCH],
    data: Float32Array.from({ length: BATCH }, (_, index) => (index + 0.5) / BATCH),
  };
}
