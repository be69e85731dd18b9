import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { encodeNpz } from '../../src/files/npz.js';
import { torchTensors } from '../../src/formats/torch-tensors.js';
import { runPython } from '../support/python.js';

const tensors = torchTensors(
  architecture([2, 3, 1]),
  Float32Array.from({ length: 13 }, (_, i) => i + 0.5),
);

const METADATA = { producer: 'weightspring', note: 'ü — ✓' };

describe('encodeNpz', () => {
  it('holds one aligned .npy file per tensor, and one for the metadata', () => {
    const files = unzipSync(encodeNpz(tensors, METADATA));
    expect(Object.keys(files)).toEqual([
      '0.weight.npy',
      '0.bias.npy',
      '2.weight.npy',
      '2.bias.npy',
      'metadata.npy',
    ]);
    const file = files['0.weight.npy']!;
    expect([...file.subarray(0, 8)]).toEqual([0x93, ...Buffer.from('NUMPY'), 1, 0]);
    const start = 10 + file[8]! + 256 * file[9]!;
    expect(start % 64).toBe(0);
    expect(new TextDecoder().decode(file.subarray(10, start))).toMatch(
      /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(3, 2\), \} *\n$/,
    );
    // W_1 is [[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]]: the file has its transpose.
    expect([...new Float32Array(file.slice(start).buffer)]).toEqual([0.5, 3.5, 1.5, 4.5, 2.5, 5.5]);
  });

  it('gives equal bytes for equal tensors', () => {
    expect(encodeNpz(tensors, METADATA)).toEqual(encodeNpz(tensors, METADATA));
  });

  it('is read by NumPy', (context) => {
    const script = [
      'import base64, io, json, sys, numpy as np',
      'arrays = np.load(io.BytesIO(base64.b64decode(sys.stdin.read())), allow_pickle=False)',
      'arrays = dict(arrays)',
      'metadata = json.loads(arrays.pop("metadata").tobytes())',
      'tensors = {n: [str(a.dtype), list(a.shape), a.ravel().tolist()] for n, a in arrays.items()}',
      'print(json.dumps([tensors, metadata]))',
    ].join('\n');
    const input = Buffer.from(encodeNpz(tensors, METADATA)).toString('base64');
    const answer = runPython(script, { packages: ['numpy'], input });
    if (answer.skipped) return context.skip(answer.reason);
    expect(JSON.parse(answer.stdout)).toEqual([
      Object.fromEntries(
        tensors.map(({ name, shape, data }) => [name, ['float32', shape, [...data]]]),
      ),
      METADATA,
    ]);
  });
});
