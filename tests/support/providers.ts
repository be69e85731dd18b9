import { PROVIDERS, type Provider } from '../../src/devices/device.js';
import { providerError } from '../../src/devices/probe.js';

/** The providers that cannot be used on this machine. */
export async function missingProviders(): Promise<readonly Provider[]> {
  const missing: Provider[] = [];
  for (const provider of PROVIDERS) {
    if ((await providerError(provider)) !== undefined) missing.push(provider);
  }
  return missing;
}
