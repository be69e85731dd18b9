import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/files/parse-json.js';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('parseJson', () => {
  it('parses what JSON.parse does', () => {
    const text = '{"a": ["]]", "\\"[", {"b": null}], "c": 1e3}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it('refuses what recursive code could not walk', () => {
    expect(parseJson(nested(64))).toBeInstanceOf(Array);
    expect(() => parseJson(nested(65))).toThrow(/more than 64 levels/);
    expect(() => parseJson(nested(1_000_000))).toThrow(SyntaxError);
    // Side by side is not inside each other, nor is what a string holds.
    expect(parseJson(`[${Array.from({ length: 100 }, () => '[]').join()}]`)).toHaveLength(100);
    expect(parseJson(JSON.stringify('['.repeat(100)))).toHaveLength(100);
  });

  it('does not quote the text', () => {
    expect(() => parseJson('root:x:0:0')).toThrow(/^is not JSON$/);
  });
});
