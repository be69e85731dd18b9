import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/files/safetensors.js';
import {
  decodeSealedSafetensors,
  encodeSealedSafetensors,
} from '../../src/files/sealed-safetensors.js';
import { thrownBy } from '../support/error-code.js';

const TENSORS = [
  { name: 'w', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, NaN, Infinity, -0) },
  { name: 'b', shape: [3], data: Float32Array.of(7, 8, 9) },
];

describe('sealed safetensors', () => {
  const bytes = encodeSealedSafetensors(TENSORS, { note: 'x' });

  it('come back as they were written, and are safetensors files like others', () => {
    const { tensors, metadata } = decodeSealedSafetensors(bytes);
    expect([...tensors.keys()]).toEqual(['w', 'b']);
    expect(tensors.get('w')!.data).toEqual(TENSORS[0]!.data);
    expect(metadata.note).toBe('x');
    expect(decodeSafetensors(bytes).tensors).toEqual(tensors);
  });

  it('refuse any one bit that changed, wherever it is', () => {
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(thrownBy(() => decodeSealedSafetensors(changed)).code, `bit ${bit}`).toBe(
        'data-corrupt',
      );
    }
  });

  it('refuse files that were cut off or went on', () => {
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      expect(thrownBy(() => decodeSealedSafetensors(cut)).code).toBe('data-corrupt');
    }
    const longer = Uint8Array.from([...bytes, 0]);
    expect(thrownBy(() => decodeSealedSafetensors(longer)).message).toMatch(/SHA-256/);
  });

  it('refuse a file without a digest', () => {
    const plain = encodeSafetensors(TENSORS, { note: 'x' });
    expect(thrownBy(() => decodeSealedSafetensors(plain)).message).toMatch(/earlier release/);
  });
});
