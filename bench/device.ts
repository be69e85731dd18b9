import type { Provider } from '../src/devices/device.js';
import { providerFault } from '../src/devices/probe.js';
import { createSession } from '../src/devices/session.js';
import { timesOf } from '../src/flow/solvers/time-grid.js';
import { encodeModel } from '../src/onnx/serialize.js';
import { stepModel } from '../src/sampling/flow-graphs.js';
import { integrate } from '../src/sampling/integrate.js';
import { flowProgram } from '../src/training/flow-program.js';
import { OrtEngine } from '../src/training/ort-engine.js';
import { FLOW_TRAINING_DEFAULTS } from '../src/training/train-flow.js';
import { createVelocityNetwork } from '../src/velocity/create-velocity-network.js';
import { medianTimesMs } from './statistics.js';
import { BATCH, FLOW, HIDDEN, normalPoint, subjectParameters, VELOCITY } from './subject.js';

export interface DeviceFigures {
  /** How many times faster CUDA integrates a batch of networks; null without CUDA. */
  readonly cudaOverCpuSampling: number | null;
  /** How many times faster CUDA computes a loss with its gradients; null without CUDA. */
  readonly cudaOverCpuTraining: number | null;
  /** Why there is no CUDA; null where there is. */
  readonly cudaFault: string | null;
}

const STEPS = 8;

/** Something that is timed, and how to end it. */
interface Subject {
  readonly run: () => Promise<unknown>;
  readonly dispose: () => Promise<void>;
}

/** Measures what CUDA brings against the CPU on all its cores, in the same process. */
export async function measureDevice(): Promise<DeviceFigures> {
  const fault = await providerFault('cuda');
  if (fault !== undefined) {
    return { cudaOverCpuSampling: null, cudaOverCpuTraining: null, cudaFault: fault.message };
  }
  return {
    cudaOverCpuSampling: await speedUp(sampling),
    cudaOverCpuTraining: await speedUp(training),
    cudaFault: null,
  };
}

async function speedUp(open: (provider: Provider) => Promise<Subject>): Promise<number> {
  const cpu = await open('cpu');
  const cuda = await open('cuda');
  try {
    const [cpuMs, cudaMs] = await medianTimesMs([cpu.run, cuda.run], { rounds: 7, warmUps: 2 });
    return cpuMs / cudaMs;
  } finally {
    await cpu.dispose();
    await cuda.dispose();
  }
}

async function sampling(provider: Provider): Promise<Subject> {
  const { byName } = subjectParameters();
  const step = await createSession(encodeModel(stepModel(FLOW, 'euler', byName, HIDDEN.layers)), {
    provider,
  });
  const noise = normalPoint(BATCH, 'noise');
  const times = timesOf('uniform', STEPS);
  return {
    run: () => {
      const start = noise.map(({ shape, data }) => ({ shape, data: data.slice() }));
      return integrate({ step, lastStep: step, perturb: null }, start, {
        times,
        noiseScale: () => 0,
        drawNoise: () => [],
      });
    },
    dispose: () => step.release(),
  };
}

async function training(provider: Provider): Promise<Subject> {
  const { specs, values } = subjectParameters();
  const compiled = await new OrtEngine({ provider }).compile(
    flowProgram(HIDDEN.layers, {
      model: { ...FLOW, network: createVelocityNetwork(VELOCITY) },
      loss: FLOW_TRAINING_DEFAULTS.loss,
      parameters: specs,
    }),
  );
  const times = {
    shape: [BATCH],
    data: Float32Array.from({ length: BATCH }, (_, index) => (index + 0.5) / BATCH),
  };
  const inputs = [...normalPoint(BATCH, 'x0'), ...normalPoint(BATCH, 'x1'), times];
  return {
    run: () => compiled.evaluate(values, inputs),
    dispose: () => compiled.dispose(),
  };
}
