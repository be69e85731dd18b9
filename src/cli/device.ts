import { Option } from 'commander';
import {
  DEVICE_CHOICES,
  requireRequested,
  type DeviceChoice,
  type Provider,
} from '../devices/device.js';

export const deviceOption = (): Option =>
  new Option('--device <name>', 'where to compute; auto is CUDA where it works, else the CPU')
    .choices(DEVICE_CHOICES)
    .default('auto')
    .env('WEIGHTSPRING_DEVICE');

/**
 * The provider for a command. One who names a device waits for it: a run on another would only
 * show by its duration, so that it fails instead. `auto` takes what there is.
 *
 * @throws WeightspringError `provider-unavailable`
 */
export async function openProvider(choice: DeviceChoice): Promise<Provider> {
  // Loads onnxruntime, which the process that serves leaves to its children.
  const { openDevice } = await import('../devices/open-device.js');
  const device = await openDevice(choice);
  requireRequested(device);
  return device.provider;
}
