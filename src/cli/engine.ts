import { Option } from 'commander';
import type { DeviceChoice } from '../devices/device.js';
import { ensure } from '../errors.js';
import type { Engine } from '../training/engine.js';
import { openProvider } from './device.js';
import { say } from './output.js';

export const ENGINES = ['ort', 'tfjs'] as const;
export type EngineName = (typeof ENGINES)[number];

export const engineOption = (): Option =>
  new Option(
    '--engine <name>',
    'what computes gradients: onnxruntime, or TensorFlow.js if installed',
  )
    .choices(ENGINES)
    .default('ort');

/**
 * Opens an engine. Its library is loaded only now: a process that serves needs neither.
 *
 * @param device - for engine `ort`, default `auto`; TensorFlow.js takes its installed package's
 * @throws WeightspringError `provider-unavailable` where a device named cannot be used
 */
export async function openEngine(name: EngineName, device: DeviceChoice = 'auto'): Promise<Engine> {
  if (name === 'tfjs') {
    ensure(
      device === 'auto',
      'invalid-argument',
      () =>
        `--device ${device} is for --engine ort: which device TensorFlow.js uses is fixed by ` +
        'the package that is installed (@tensorflow/tfjs-node-gpu for CUDA)',
      '--device',
    );
    const { loadTfjs } = await import('../training/tfjs-backend.js');
    const { TfjsEngine } = await import('../training/tfjs-engine.js');
    return new TfjsEngine(await loadTfjs());
  }
  const { OrtEngine } = await import('../training/ort-engine.js');
  const engine = new OrtEngine({ provider: await openProvider(device) });
  say(`training engine: ${engine.name}`);
  return engine;
}
