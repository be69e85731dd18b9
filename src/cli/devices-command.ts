import type { Command } from 'commander';
import { PROVIDERS, type Provider } from '../devices/device.js';
import { jsonOption } from './options.js';
import { printResult } from './output.js';

/** What a probe found about one provider. */
interface ProviderState {
  readonly provider: Provider;
  readonly works: boolean;
  /** Why it does not work. */
  readonly reason?: string;
}

/** `weightspring devices`. */
export function addDevicesCommand(program: Command): void {
  program
    .command('devices')
    .description('run a tiny graph on every provider of onnxruntime and print which ones work')
    .addOption(jsonOption())
    .action(devicesCommand);
}

async function devicesCommand(flags: { readonly json?: true }): Promise<void> {
  const { env } = await import('onnxruntime-node');
  const { openDevice } = await import('../devices/open-device.js');
  const { providerError } = await import('../devices/probe.js');
  const providers: ProviderState[] = [];
  for (const provider of PROVIDERS) {
    const fault = await providerError(provider);
    providers.push(
      fault === undefined
        ? { provider, works: true }
        : { provider, works: false, reason: fault.message },
    );
  }
  const { provider: auto } = await openDevice('auto');
  const onnxruntime = env.versions.node ?? 'unknown';
  printResult({ onnxruntime, auto, providers }, flags.json === true, () => ({
    columns: ['device', 'works', 'reason'].map((header) => ({ header })),
    rows: providers.map(({ provider, works, reason }) => [
      provider === auto ? `${provider} (auto)` : provider,
      works ? 'yes' : 'no',
      reason ?? '',
    ]),
  }));
}
