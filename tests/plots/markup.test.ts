import { describe, expect, it } from 'vitest';
import { element, escapeText, formatCoordinate } from '../../src/plots/markup.js';
import { CARD, INK, MUTED_INK, PALETTE } from '../../src/plots/style.js';
import { textWidth, truncate, wrap } from '../../src/plots/text.js';

describe('formatCoordinate', () => {
  it.each([
    [12, '12'],
    [100, '100'],
    [0.5, '0.5'],
    [1.239, '1.24'],
    [-0.001, '0'],
    [-3.1, '-3.1'],
  ])('writes %d as %s', (value, text) => {
    expect(formatCoordinate(value)).toBe(text);
  });
});

describe('escapeText', () => {
  it('escapes markup', () => {
    expect(escapeText(`<a href="x">&'`)).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&#39;');
  });

  it('replaces what XML forbids and keeps the rest of Unicode', () => {
    expect(escapeText('a\u0000b\u001bc\ud800d\uffff')).toBe('a\uFFFDb\uFFFDc\uFFFDd\uFFFD');
    expect(escapeText('θ₁ 🧠\n\t')).toBe('θ₁ 🧠\n\t');
  });
});

describe('element', () => {
  it('escapes attributes and closes itself when empty', () => {
    expect(element('g', { id: 'a"b', x: 1.005 })).toBe('<g id="a&quot;b" x="1"/>');
    expect(element('g', {}, element('b', {}))).toBe('<g><b/></g>');
  });
});

describe('text layout', () => {
  it('wraps at spaces and truncates a word that is too long', () => {
    const lines = wrap(`one two three ${'x'.repeat(80)}`, 100);
    expect(lines.slice(0, 1)).toEqual(['one two three']);
    expect(lines.at(-1)).toMatch(/^x+…$/);
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(100);
  });

  it('leaves a text that fits alone', () => {
    expect(truncate('accuracy', 200)).toBe('accuracy');
  });
});

describe('colours', () => {
  it.each(PALETTE)('%s stands out from the card, 3:1', (colour) => {
    expect(contrast(colour, CARD)).toBeGreaterThanOrEqual(3);
  });

  it.each([INK, MUTED_INK])('text in %s reads on the card, 4.5:1', (colour) => {
    expect(contrast(colour, CARD)).toBeGreaterThanOrEqual(4.5);
  });
});

/** The contrast ratio of WCAG 2. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
