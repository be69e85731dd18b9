import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/files/safetensors.js';
import { thrownBy } from '../support/error-code.js';
import { runPython } from '../support/python.js';

const TENSORS = [
  { name: 'w', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, NaN, Infinity, -0) },
  { name: 'scalar', shape: [], data: Float32Array.of(7) },
  { name: 'none', shape: [0, 4], data: new Float32Array(0) },
  // A view in the middle of its buffer.
  { name: 'view', shape: [2], data: Float32Array.of(0, 8, 9, 0).subarray(1, 3) },
];
const METADATA = { note: 'ü — ✓', kind: 'test' };

function expectTensors(bytes: Uint8Array): void {
  const { tensors, metadata } = decodeSafetensors(bytes);
  expect(metadata).toEqual(METADATA);
  expect([...tensors.keys()].sort()).toEqual(TENSORS.map(({ name }) => name).sort());
  for (const { name, shape, data } of TENSORS) {
    expect(tensors.get(name)).toEqual({ shape, data });
  }
}

/** A file with a header of one's own making. */
function file(header: unknown, bodyBytes = 16): Uint8Array {
  return raw(new TextEncoder().encode(JSON.stringify(header)), bodyBytes);
}

function raw(header: Uint8Array, bodyBytes = 16, claimed = BigInt(header.length)): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + bodyBytes);
  new DataView(bytes.buffer).setBigUint64(0, claimed, true);
  bytes.set(header, 8);
  return bytes;
}

const entry = (shape: unknown, offsets: unknown, dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: offsets,
});

describe('safetensors', () => {
  it('comes back as it was written', () => {
    expectTensors(encodeSafetensors(TENSORS, METADATA));
  });

  it('holds float16 where that is asked for, in half the room', () => {
    const data = Float32Array.of(1, -0.5, 65504, 1 / 3);
    const half = encodeSafetensors([{ name: 'h', shape: [4], data, dtype: 'F16' }]);
    expect(decodeSafetensors(half).tensors.get('h')).toEqual({
      shape: [4],
      data: Float32Array.of(1, -0.5, 65504, 0.333251953125),
    });
    const start = 8 + Number(new DataView(half.buffer).getBigUint64(0, true));
    expect(half.length - start).toBe(8);
    const large = { name: 'h', shape: [1], data: Float32Array.of(1e5), dtype: 'F16' as const };
    expect(thrownBy(() => encodeSafetensors([large])).code).toBe('invalid-argument');
  });

  it('starts data at a multiple of eight bytes, little-endian', () => {
    for (const name of ['a', 'ab', 'abc', 'abcdefgh']) {
      const bytes = encodeSafetensors([{ name, shape: [1], data: Float32Array.of(1.5) }]);
      const view = new DataView(bytes.buffer);
      const start = 8 + Number(view.getBigUint64(0, true));
      expect(start % 8).toBe(0);
      expect(view.getFloat32(start, true)).toBe(1.5);
    }
  });

  it('reads a view at any position of a larger buffer', () => {
    const bytes = encodeSafetensors(TENSORS, METADATA);
    for (const shift of [1, 2, 3, 4]) {
      const around = new Uint8Array(bytes.length + 16).fill(0xff);
      around.set(bytes, shift);
      expectTensors(around.subarray(shift, shift + bytes.length));
    }
  });

  it('reads a Buffer, small files from the pool too, into memory of its own', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'weightspring-'));
    try {
      const path = join(dir, 'small.safetensors');
      await writeFile(path, encodeSafetensors(TENSORS, METADATA));
      expectTensors(await readFile(path));
      const pooled = Buffer.from(await readFile(path));
      expect(pooled.buffer.byteLength).toBeGreaterThan(pooled.length);
      expectTensors(pooled);
      const { tensors } = decodeSafetensors(pooled);
      pooled.fill(0);
      for (const { name, data } of TENSORS) {
        const read = tensors.get(name)!.data;
        expect(read).toEqual(data);
        expect(read.buffer.byteLength).toBe(data.byteLength);
      }
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('refuses to write two tensors of one name', () => {
    const twice = [TENSORS[0]!, TENSORS[0]!];
    expect(thrownBy(() => encodeSafetensors(twice)).code).toBe('invalid-argument');
  });

  const good = new TextEncoder().encode('{}');
  it.each<[string, Uint8Array]>([
    ['an empty file', new Uint8Array(0)],
    ['a file shorter than its length field', new Uint8Array(7)],
    ['a header longer than the file', raw(good, 0, 3n)],
    ['a header of 2⁶⁴ − 1 bytes', raw(good, 16, 2n ** 64n - 1n)],
    ['a header that is not JSON', raw(new TextEncoder().encode('{"a":'))],
    ['a header that is not UTF-8', raw(Uint8Array.of(0x22, 0xff, 0xfe, 0x22))],
    ['a header that is a list', file([])],
    ['a header that is null', file(null)],
    ['an entry that is not an object', file({ a: 3 })],
    ['an entry without a range', file({ a: { dtype: 'F32', shape: [1] } })],
    ['another type', file({ a: entry([2], [0, 8], 'F64') })],
    ['a shape with a negative size', file({ a: entry([-1, -2], [0, 8]) })],
    ['a shape with a fraction', file({ a: entry([1.5, 2], [0, 12]) })],
    ['a shape of text', file({ a: entry(['2'], [0, 8]) })],
    ['a shape that is not a list', file({ a: entry({ length: 0 }, [0, 4]) })],
    ['a shape whose size overflows', file({ a: entry([2 ** 52, 2 ** 52], [0, 8]) })],
    ['a range that starts before the data', file({ a: entry([2], [-8, 0]) })],
    ['a range that ends before it starts', file({ a: entry([0], [8, 4]) })],
    ['a range beyond the file', file({ a: entry([4], [4, 20]) })],
    ['a range of three numbers', file({ a: entry([1], [0, 4, 8]) })],
    ['a range that does not fit the shape', file({ a: entry([3], [0, 8]) })],
    ['bytes behind the last tensor', file({ a: entry([2], [0, 8]) })],
    ['bytes before the first tensor', file({ a: entry([2], [8, 16]) })],
    ['bytes between two tensors', file({ a: entry([1], [0, 4]), b: entry([1], [12, 16]) })],
    ['data without a tensor', file({})],
    ['an empty tensor in another', file({ a: entry([4], [0, 16]), b: entry([0], [8, 8]) })],
    ['two tensors in the same bytes', file({ a: entry([2], [0, 8]), b: entry([2], [4, 12]) })],
    ['the same, in the other order', file({ b: entry([2], [4, 12]), a: entry([2], [0, 8]) })],
    ['metadata that are not an object', file({ __metadata__: 'x' })],
    ['metadata that are not text', file({ __metadata__: { a: 1 } })],
  ])('refuses %s', (_, bytes) => {
    expect(thrownBy(() => decodeSafetensors(bytes)).code).toBe('data-corrupt');
  });

  it('refuses a file with one byte more', () => {
    const longer = Uint8Array.of(...encodeSafetensors(TENSORS, METADATA), 0);
    expect(thrownBy(() => decodeSafetensors(longer)).message).toMatch(/covers its last 1 bytes/);
  });

  it('judges what covers the data as the reference reader does', (context) => {
    const cases = {
      whole: file({ a: entry([4], [0, 16]) }),
      'in two': file({ b: entry([3], [4, 16]), a: entry([1], [0, 4]) }),
      'with empty ones': file({
        z: entry([0], [4, 4]),
        b: entry([3], [4, 16]),
        a: entry([1], [0, 4]),
        e: entry([2, 0], [16, 16]),
      }),
      nothing: file({}, 0),
      'no tensor': file({}),
      'a rest': file({ a: entry([2], [0, 8]) }),
      'a start': file({ a: entry([2], [8, 16]) }),
      'a hole': file({ a: entry([1], [0, 4]), b: entry([1], [12, 16]) }),
      'an overlap': file({ a: entry([3], [0, 12]), b: entry([2], [8, 16]) }),
      'an empty one inside': file({ a: entry([4], [0, 16]), b: entry([0], [8, 8]) }),
    };
    const script = [
      'import base64, json, sys, safetensors',
      'def accepts(text):',
      '  try: safetensors.deserialize(base64.b64decode(text)); return True',
      '  except safetensors.SafetensorError: return False',
      'print(json.dumps({k: accepts(v) for k, v in json.load(sys.stdin).items()}))',
    ].join('\n');
    const encoded = Object.entries(cases).map(([name, bytes]) => [
      name,
      Buffer.from(bytes).toString('base64'),
    ]);
    const input = JSON.stringify(Object.fromEntries(encoded));
    const answer = runPython(script, { packages: ['safetensors'], input });
    if (answer.skipped) return context.skip(answer.reason);
    const accepts = (bytes: Uint8Array): boolean => {
      try {
        decodeSafetensors(bytes);
        return true;
      } catch {
        return false;
      }
    };
    const ours = Object.entries(cases).map(([name, bytes]) => [name, accepts(bytes)]);
    expect(Object.fromEntries(ours)).toEqual(JSON.parse(answer.stdout));
  });

  it('refuses a file that was cut off anywhere', () => {
    const bytes = encodeSafetensors(TENSORS, METADATA);
    for (let length = 0; length < bytes.length; length++) {
      expect(thrownBy(() => decodeSafetensors(bytes.subarray(0, length))).code).toBe(
        'data-corrupt',
      );
    }
  });
});
