import { describe, expect, it } from 'vitest';
import { loadTfjs } from '../../src/training/tfjs-backend.js';

const ignore = (): void => undefined;

/** As Node reports a package that is not there. */
function notFound(name: string): Error {
  return Object.assign(new Error(`Cannot find package '${name}'`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
}

/** The little of TensorFlow.js that is looked at before computing. */
function fakeTensorFlow(): object {
  return {
    ready: () => Promise.resolve(),
    setBackend: () => Promise.resolve(true),
    tidy: ignore,
    engine: ignore,
    registerKernel: ignore,
  };
}

/** Imports only what `packages` holds; an Error there is thrown. */
function importing(packages: Readonly<Record<string, object>>): (name: string) => Promise<unknown> {
  return (name) => {
    const found = packages[name] ?? notFound(name);
    return found instanceof Error ? Promise.reject(found) : Promise.resolve({ default: found });
  };
}

describe('loadTfjs', () => {
  it('computes on wasm from the package folder, and says so', async () => {
    const lines: string[] = [];
    const { name, tf } = await loadTfjs({
      backends: ['tfjs-wasm'],
      log: (line) => lines.push(line),
    });
    expect(name).toBe('tfjs-wasm');
    expect(tf.getBackend()).toBe('wasm');
    expect(tf.env().getBool('WASM_HAS_SIMD_SUPPORT')).toBe(true);
    expect(lines).toEqual(['TensorFlow.js backend: tfjs-wasm']);
  });

  it('prefers the GPU build, then the native one', async () => {
    const gpu = fakeTensorFlow();
    const native = fakeTensorFlow();
    const both = importing({ '@tensorflow/tfjs-node-gpu': gpu, '@tensorflow/tfjs-node': native });
    expect(await loadTfjs({ importPackage: both, log: ignore })).toEqual({
      name: 'tfjs-node-gpu',
      tf: gpu,
    });
    const one = importing({ '@tensorflow/tfjs-node': native });
    const lines: string[] = [];
    expect(await loadTfjs({ importPackage: one, log: (line) => lines.push(line) })).toEqual({
      name: 'tfjs-node',
      tf: native,
    });
    // What was never installed is no news.
    expect(lines).toEqual(['TensorFlow.js backend: tfjs-node']);
  });

  it('reports a build that does not load, and goes on', async () => {
    const lines: string[] = [];
    const { name } = await loadTfjs({
      importPackage: importing({
        '@tensorflow/tfjs-node-gpu': new Error('libcudart.so.11.0: cannot open\nmore'),
        '@tensorflow/tfjs-node': fakeTensorFlow(),
      }),
      log: (line) => lines.push(line),
    });
    expect(name).toBe('tfjs-node');
    expect(lines).toEqual([
      'TensorFlow.js backend tfjs-node-gpu skipped: libcudart.so.11.0: cannot open',
      'TensorFlow.js backend: tfjs-node',
    ]);
  });

  it('says how to install one when there is none', async () => {
    const attempt = loadTfjs({ importPackage: importing({}), log: ignore });
    await expect(attempt).rejects.toMatchObject({ code: 'provider-unavailable' });
    await expect(attempt).rejects.toThrow(/npm install @tensorflow\/tfjs /);
  });

  it('does not take another module for TensorFlow.js', async () => {
    const lines: string[] = [];
    const attempt = loadTfjs({
      backends: ['tfjs-node'],
      importPackage: importing({ '@tensorflow/tfjs-node': { ready: ignore } }),
      log: (line) => lines.push(line),
    });
    await expect(attempt).rejects.toMatchObject({ code: 'provider-unavailable' });
    expect(lines).toEqual([expect.stringMatching(/tfjs-node skipped: .*reinstall/)]);
  });
});
