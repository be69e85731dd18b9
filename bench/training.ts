import { velocityModel } from '../src/flows/flow-graphs.js';
import type { GradientFunction } from '../src/training/engine.js';
import { ParameterAverage } from '../src/training/moving-average.js';
import { AdamW } from '../src/training/optimizers/adamw.js';
import { clipScale, gradientNorm } from '../src/training/optimizers/gradient-norm.js';
import { OrtEngine } from '../src/training/ort-engine.js';
import { TfjsEngine } from '../src/training/tfjs-engine.js';
import { FLOW_TRAINING_DEFAULTS } from '../src/training/flow-training-config.js';
import { bareRuns, openSession, type BenchSession } from './runs.js';
import { medianTimesMs } from './statistics.js';
import {
  BATCH,
  FLOW,
  subjectParameters,
  subjectProgram,
  trainingInputs,
  subjectFamily,
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
export async function measureTraining({
  provider = 'cpu',
}: BenchSession): Promise<TrainingFigures> {
  const program = subjectProgram();
  const tfjs = await TfjsEngine.load();
  const ortGradient = await new OrtEngine({ provider }).compile(program);
  const tfjsGradient = await tfjs.compile(program);
  const { byName } = subjectParameters();
  const forward = velocityModel(FLOW, byName, subjectFamily());
  // With the settings of the training session.
  const session = await openSession(forward, { provider, planMemory: true });
  try {
    const [forwardMs, ortStepMs, tfjsStepMs] = await medianTimesMs(
      [bareRuns(session, { batch: BATCH }), trainingStep(ortGradient), trainingStep(tfjsGradient)],
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

/** One step as the trainer takes it, on parameters of its own. */
export function trainingStep(gradient: GradientFunction): () => Promise<void> {
  const start = subjectParameters().values;
  const optimizer = new AdamW(
    start.map(({ length }) => length),
    { weightDecay: FLOW_TRAINING_DEFAULTS.weightDecay },
  );
  const parameters = optimizer.place(start);
  const average = new ParameterAverage(parameters, {
    decay: FLOW_TRAINING_DEFAULTS.averageDecay,
    copy: (values) => optimizer.place(values),
  });
  const inputs = trainingInputs();
  return async () => {
    const { gradients } = await gradient.evaluate(parameters, inputs);
    optimizer.update(parameters, gradients, FLOW_TRAINING_DEFAULTS.learningRate, {
      gradientScale: clipScale(gradientNorm(gradients), FLOW_TRAINING_DEFAULTS.clipNorm),
      average,
    });
  };
}
