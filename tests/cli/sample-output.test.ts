import { describe, expect, it } from 'vitest';
import { sampleOutput } from '../../src/cli/sample-output.js';
import { thrownBy } from '../support/error-code.js';

describe('sampleOutput', () => {
  it.each([
    ['net.onnx', undefined, 'onnx', false],
    ['net.safetensors', undefined, 'safetensors', false],
    ['runs.v1/NET.NPZ', undefined, 'npz', false],
    ['net.npz', 'npz', 'npz', false],
    ['net', undefined, 'onnx', false],
    ['net.bin', 'safetensors', 'safetensors', false],
    ['some.npz/net', undefined, 'onnx', false],
    ['/dev/stdout', 'npz', 'npz', false],
    ['nets.zip', undefined, 'onnx', true],
    ['nets.ZIP', 'npz', 'npz', true],
  ] as const)('%s with --format %s is %s, as an archive: %s', (out, chosen, format, isArchive) => {
    expect(sampleOutput(out, chosen)).toEqual({ format, isArchive });
  });

  it.each(['net.pt', 'net.safetensor', 'a.txt', 'n.tar.gz', '-'])(
    'refuses %s, whose content nobody would guess',
    (out) => {
      const { code, message } = thrownBy(() => sampleOutput(out, undefined));
      expect(code).toBe('invalid-argument');
      expect(message).toMatch(/^--out: expected .*(\.onnx, .* or \.zip|\/dev\/stdout)/);
      expect(message).toContain(`'${out}'`);
    },
  );

  it.each([
    ['net.npz', 'onnx'],
    ['net.onnx', 'safetensors'],
    ['net.SAFETENSORS', 'npz'],
  ] as const)('refuses %s for --format %s', (out, format) => {
    const { code, message } = thrownBy(() => sampleOutput(out, format));
    expect(code).toBe('invalid-argument');
    expect(message).toContain(`ends in .${format}`);
    expect(message).toContain(`'${out}'`);
  });
});
