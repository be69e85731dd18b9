import { requireRequested, type DeviceChoice } from '../devices/device.js';
import type { DrawJob } from '../sampling/sample-job.js';
import type { FlowSummary } from '../flows/flow-summary.js';
import type { ModelsDir } from '../flows/models-dir.js';
import type { Sampler } from '../sampling/sampler.js';
import { completeSampling, type ChosenSampling } from '../flows/sampling-options.js';
import { chosenArchitecture, type ArchitectureFlags } from './architecture-options.js';

/** The flags of a command that say what to draw. */
export interface JobFlags extends ChosenSampling, ArchitectureFlags {
  readonly flow: string;
  readonly seed: number;
}

/** Loads onnxruntime lazily, since the serving process leaves it to its children. */
export async function openSampler({
  modelsDir,
  device = 'cpu',
}: {
  readonly modelsDir: ModelsDir;
  readonly device?: DeviceChoice;
}): Promise<Sampler> {
  const { Sampler } = await import('../sampling/sampler.js');
  const sampler = await Sampler.open({ modelsDir, device });
  requireRequested(sampler.device);
  return sampler;
}

/** The job of a command's flags, completed with the flow's own settings. */
export async function flowJob(
  flow: FlowSummary,
  flags: Omit<JobFlags, 'flow'>,
): Promise<Omit<DrawJob, 'firstIndex' | 'count'>> {
  return {
    flow: flow.name,
    architecture: await chosenArchitecture(flags, {
      activation: flow.activations[0],
      usual: flow.usualArchitecture,
      known: flow.architectures,
    }),
    seed: flags.seed,
    ...completeSampling(flow, flags),
  };
}
