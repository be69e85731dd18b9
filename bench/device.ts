import type { Provider } from '../src/devices/device.js';
import { providerError } from '../src/devices/probe.js';
import { stepModel } from '../src/flows/flow-graphs.js';
import { OrtEngine } from '../src/training/ort-engine.js';
import { integration, openSession } from './runs.js';
import { medianTimesMs } from './statistics.js';
import {
  BATCH,
  FLOW,
  subjectParameters,
  subjectProgram,
  trainingInputs,
  subjectFamily,
} from './subject.js';

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
  const fault = await providerError('cuda');
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
  const step = await openSession(stepModel(FLOW, 'euler', byName, subjectFamily()), { provider });
  return { run: integration(step, BATCH, STEPS), dispose: () => step.release() };
}

async function training(provider: Provider): Promise<Subject> {
  const compiled = await new OrtEngine({ provider }).compile(subjectProgram());
  const { values } = subjectParameters();
  const inputs = trainingInputs();
  return {
    run: () => compiled.evaluate(values, inputs),
    dispose: () => compiled.dispose(),
  };
}
