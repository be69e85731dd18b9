import type { WeightspringError } from '../errors.js';
import type { Device, DeviceChoice, Provider } from './device.js';
import { providerError } from './probe.js';

/**
 * Finds the provider to compute on: the wanted one where a probe runs correctly on it, else the
 * CPU, with the reason. `auto` wants CUDA; WebGPU, which onnxruntime calls experimental, is used
 * only where it is asked for.
 *
 * @param faultOf - what keeps a provider from being used; default a run of a tiny graph
 * @throws WeightspringError what the CPU fails with, should even that fail
 */
export async function openDevice(
  requested: DeviceChoice,
  faultOf: (provider: Provider) => Promise<WeightspringError | undefined> = providerError,
): Promise<Device> {
  const wanted = requested === 'auto' ? 'cuda' : requested;
  const fault = await faultOf(wanted);
  if (fault === undefined) return { provider: wanted, requested };
  const cpuFault = wanted === 'cpu' ? fault : await faultOf('cpu');
  if (cpuFault !== undefined) throw cpuFault;
  return { provider: 'cpu', requested, fallbackReason: fault.message };
}
