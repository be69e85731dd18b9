import type { WeightspringError } from '../errors.js';
import type { Device, DeviceChoice, Provider } from './device.js';
import { providerError } from './probe.js';

/**
 * Finds the provider to compute on: the requested one if a probe runs correctly on it, else the
 * CPU, with the reason. `auto` requests CUDA; WebGPU, which onnxruntime calls experimental, is used
 * only on explicit request.
 *
 * @param faultOf - returns what prevents the use of a provider; default: runs a tiny graph
 * @throws WeightspringError the error of the CPU if even that fails
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
