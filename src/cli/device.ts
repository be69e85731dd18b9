import { Option } from 'commander';
import {
  DEVICE_CHOICES,
  requireRequested,
  type DeviceChoice,
  type Provider,
} from '../devices/device.js';

export const deviceOption = (): Option =>
  new Option('--device <name>', 'where to compute; auto is CUDA if it works, else the CPU')
    .choices(DEVICE_CHOICES)
    .default('auto')
    .env('WEIGHTSPRING_DEVICE');

/**
 * The provider for a command. Fails if the named device cannot be used, since users would notice a
 * fallback only by the duration of the run. `auto` uses what is available.
 *
 * @throws WeightspringError `provider-unavailable`
 */
export async function openProvider(choice: DeviceChoice): Promise<Provider> {
  // Loads onnxruntime lazily, since the serving process leaves it to its children.
  const { openDevice } = await import('../devices/open-device.js');
  const device = await openDevice(choice);
  requireRequested(device);
  return device.provider;
}
