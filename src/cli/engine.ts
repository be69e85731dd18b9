import { Option } from 'commander';
import type { DeviceChoice } from '../devices/device.js';
import { ensure } from '../errors.js';
import type { Engine } from '../training/engine.js';
import { openProvider } from './device.js';
import { integerParser } from './options.js';
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

/** Threads of one operation on the CPU: several trainings side by side share the cores by it. */
export const threadsOption = (): Option =>
  new Option(
    '--threads <count>',
    'threads of one operation on the CPU (default: one per physical core)',
  ).argParser(integerParser(1, 1024));

export const recomputeOption = (): Option =>
  new Option(
    '--recompute-segments <integer>',
    'segments of the forward pass, of which the backward pass computes all but the last again ' +
      'instead of remembering them: about one per block saves the most memory',
  )
    .argParser(integerParser(1, 1024))
    .default(1);

export interface EngineChoices {
  /** For engine `ort`, default `auto`; TensorFlow.js takes its installed package's. */
  readonly device?: DeviceChoice;
  /** For engine `ort`, as `--recompute-segments` says; default 1. */
  readonly segments?: number;
  /** For engine `ort`, default one per physical core. */
  readonly threads?: number | undefined;
}

/**
 * Opens an engine. Its library is loaded only now: a process that serves needs neither.
 *
 * @throws WeightspringError `provider-unavailable` where a device named cannot be used,
 *   `invalid-argument` for what TensorFlow.js does not offer
 */
export async function openEngine(
  name: EngineName,
  { device = 'auto', segments = 1, threads }: EngineChoices = {},
): Promise<Engine> {
  if (name === 'tfjs') {
    ensure(
      segments === 1,
      'invalid-argument',
      () => `--recompute-segments ${segments} is for --engine ort: TensorFlow.js remembers all`,
      '--recompute-segments',
    );
    ensure(
      device === 'auto',
      'invalid-argument',
      () =>
        `--device ${device} is for --engine ort: which device TensorFlow.js uses is fixed by ` +
        'the package that is installed (@tensorflow/tfjs-node-gpu for CUDA)',
      '--device',
    );
    ensure(
      threads === undefined,
      'invalid-argument',
      () => `--threads ${threads} is for --engine ort: TensorFlow.js chooses its own`,
      '--threads',
    );
    const { loadTfjs } = await import('../training/tfjs-backend.js');
    const { TfjsEngine } = await import('../training/tfjs-engine.js');
    return new TfjsEngine(await loadTfjs());
  }
  const { OrtEngine } = await import('../training/ort-engine.js');
  const engine = new OrtEngine({ provider: await openProvider(device), segments, threads });
  say(`training engine: ${engine.name}`);
  return engine;
}
