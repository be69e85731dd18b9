import { strToU8, unzipSync, zipSync, type Zippable } from 'fflate';
import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { decodeNpz, encodeNpz } from '../../src/files/npz.js';
import { torchTensors } from '../../src/formats/torch-tensors.js';
import { thrownBy } from '../support/error-code.js';
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

describe('decodeNpz', () => {
  it('reads back tensors of every rank, and the metadata', () => {
    const scalar = { name: 'scalar', shape: [], data: Float32Array.of(7) };
    const empty = { name: 'empty', shape: [0, 3], data: new Float32Array() };
    const file = decodeNpz(encodeNpz([...tensors, scalar, empty], METADATA));
    expect(file.metadata).toEqual(METADATA);
    expect([...file.tensors]).toEqual(
      [...tensors, scalar, empty].map(({ name, shape, data }) => [name, { shape, data }]),
    );
  });

  it('takes a file without metadata', () => {
    const arrays = Object.fromEntries(
      Object.entries(unzipSync(encodeNpz(tensors, METADATA))).filter(
        ([name]) => name !== 'metadata.npy',
      ),
    );
    const file = decodeNpz(zipSync(arrays, { level: 0 }));
    expect(file.tensors.size).toBe(tensors.length);
    expect(file.metadata).toEqual({});
  });

  it('reads what numpy.savez writes', (context) => {
    const script = [
      'import base64, io, numpy as np',
      'file = io.BytesIO()',
      'np.savez(file, **{"0.weight": np.arange(6, dtype=np.float32).reshape(2, 3)})',
      'print(base64.b64encode(file.getvalue()).decode())',
    ].join('\n');
    const answer = runPython(script, { packages: ['numpy'] });
    if (answer.skipped) return context.skip(answer.reason);
    expect([...decodeNpz(Buffer.from(answer.stdout, 'base64')).tensors]).toEqual([
      ['0.weight', { shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) }],
    ]);
  });

  const npy = (header: string, bytes: number): Uint8Array => {
    const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
    return Buffer.concat([head, Buffer.from(header), Buffer.alloc(bytes)]);
  };
  const header = (descr: string, shape: string, order = 'False'): string =>
    `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }\n`;
  const zip = (files: Zippable): Uint8Array => zipSync(files, { level: 0 });
  /** A zip file whose directory names one stored file `times` times. */
  const repeated = (name: string, times: number): Uint8Array => {
    const bytes = zip({ [name]: npy(header('<f4', '250,'), 1000) });
    const end = bytes.length - 22;
    const start = new DataView(bytes.buffer).getUint32(end + 16, true);
    const entry = bytes.subarray(start, end);
    const entries = Array.from({ length: times }, (_, i) => {
      const copy = Buffer.from(entry);
      copy.write(String(i).padStart(5, '0'), 46);
      return copy;
    });
    const tail = Buffer.from(bytes.subarray(end));
    tail.writeUInt16LE(times, 10);
    tail.writeUInt16LE(times, 8);
    return Buffer.concat([bytes.subarray(0, start), ...entries, tail]);
  };

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /no zip file/],
    ['a text', strToU8('network'.repeat(10)), /no zip file/],
    ['half of a file', encodeNpz(tensors, METADATA).subarray(0, 500), /no zip file/],
    ['another file', zip({ 'manifest.json': strToU8('{}') }), /'manifest.json', which is no array/],
    ['a compressed array', zipSync({ 'a.npy': npy(header('<f4', '50,'), 200) }), /is compressed/],
    ['one array many times', repeated('00000.npy', 100), /claims more than it holds/],
    ['no array inside', zip({ 'a.npy': strToU8('not an array') }), /no .npy file of version 1/],
    [
      'a half-written header',
      zip({ 'a.npy': npy(header('<f4', '1'), 0).subarray(0, 40) }),
      /header/,
    ],
    ['float64', zip({ 'a.npy': npy(header('<f8', '1,'), 8) }), /not that of a float32 array/],
    ['columns first', zip({ 'a.npy': npy(header('<f4', '1,', 'True'), 4) }), /in C order/],
    ['pickled objects', zip({ 'a.npy': npy(header('|O', '1,'), 8) }), /not that of a float32/],
    ['bytes', zip({ 'a.npy': npy(header('|u1', '4,'), 4) }), /'a' has type \|u1, expected <f4/],
    ['too few numbers', zip({ 'a.npy': npy(header('<f4', '3, 2'), 20) }), /\[3, 2\] does not fit/],
    ['a shape beyond all', zip({ 'a.npy': npy(header('<f4', '999999999999999,'), 4) }), /not fit/],
    ['a list as metadata', zip({ 'metadata.npy': npy(header('|u1', '2,'), 2) }), /a JSON object/],
  ])('refuses %s, and says what helps', (_name, bytes, message) => {
    const error = thrownBy(() => decodeNpz(bytes));
    expect(error).toMatchObject({ code: 'data-corrupt' });
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/take an undamaged copy, or write it with numpy.savez/);
  });
});
