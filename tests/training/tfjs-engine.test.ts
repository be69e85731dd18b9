import { beforeAll, describe, expect, it } from 'vitest';
import { loadTfjs, type TfjsBackend } from '../../src/training/tfjs-backend.js';
import { TfjsEngine } from '../../src/training/tfjs-engine.js';
import { describeEngine, program, randomParameters, TIMES, TOKENS } from './describe-engine.js';

const loadWasm = (): Promise<TfjsBackend> =>
  loadTfjs({ backends: ['tfjs-wasm'], log: () => undefined });

describeEngine('TfjsEngine', async () => new TfjsEngine(await loadWasm()));

describe('TfjsEngine', () => {
  let backend: TfjsBackend;
  let engine: TfjsEngine;
  beforeAll(async () => {
    backend = await loadWasm();
    engine = new TfjsEngine(backend);
  });

  it('leaves no tensor behind, also when the program throws', async () => {
    const evaluation = await engine.compile(program);
    const before = backend.tf.memory().numTensors;
    await evaluation.evaluate(randomParameters(), [TOKENS, TIMES]);
    expect(backend.tf.memory().numTensors).toBe(before);

    const failing = await engine.compile({ ...program, loss: (_, __, inputs) => inputs.get('x')! });
    await expect(failing.evaluate(randomParameters(), [TOKENS, TIMES])).rejects.toMatchObject({
      code: 'shape-mismatch',
    });
    expect(backend.tf.memory().numTensors).toBe(before);
    await evaluation.dispose();
  });
});
