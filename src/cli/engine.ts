import { Option } from 'commander';
import type { Engine } from '../training/engine.js';
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

/** Opens an engine. Its library is loaded only now: a process that serves needs neither. */
export async function openEngine(name: EngineName): Promise<Engine> {
  if (name === 'tfjs') {
    const { loadTfjs } = await import('../training/tfjs-backend.js');
    const { TfjsEngine } = await import('../training/tfjs-engine.js');
    return new TfjsEngine(await loadTfjs());
  }
  const { OrtEngine } = await import('../training/ort-engine.js');
  const engine = new OrtEngine();
  say(`training engine: ${engine.name}`);
  return engine;
}
