import { element, escapeText } from './markup.js';
import { FONT_SIZE, INK } from './style.js';

/** Width of a text in pixels, estimated generously: there is no font to measure with. */
export function textWidth(text: string, size: number = FONT_SIZE): number {
  let ems = 0;
  for (const character of text) ems += emWidth(character);
  return ems * size;
}

/** The text, or its beginning and an ellipsis if it is wider than `width` pixels. */
export function truncate(text: string, width: number, size: number = FONT_SIZE): string {
  if (textWidth(text, size) <= width) return text;
  const characters = Array.from(text);
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, size) > width) {
    characters.pop();
  }
  return `${characters.join('').trimEnd()}…`;
}

/** Breaks text at spaces into lines of at most `width` pixels; longer words are truncated. */
export function wrap(text: string, width: number, size: number = FONT_SIZE): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || textWidth(longer, size) <= width) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== '') lines.push(line);
  return lines.map((each) => truncate(each, width, size));
}

export interface LabelOptions {
  /** Default 'middle'. */
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly colour?: string;
  readonly bold?: boolean;
  /** Degrees, clockwise, about (x, y). Default 0. */
  readonly rotate?: number;
}

/** A text element with its baseline at (x, y). */
export function label(content: string, x: number, y: number, options: LabelOptions = {}): string {
  const { anchor = 'middle', size = FONT_SIZE, colour = INK, bold = false, rotate = 0 } = options;
  return element(
    'text',
    {
      x,
      y,
      'font-size': size,
      fill: colour,
      'text-anchor': anchor,
      ...(bold ? { 'font-weight': '600' } : {}),
      ...(rotate === 0
        ? {}
        : { transform: `rotate(${String(rotate)} ${x.toFixed(2)} ${y.toFixed(2)})` }),
    },
    escapeText(content),
  );
}

function emWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x1100 && code !== 0x2026 && !(code >= 0x2000 && code < 0x2e80)) return 1;
  if ('iljI.,:;|!\'" '.includes(character)) return 0.34;
  if ('mwMW@%'.includes(character)) return 0.9;
  return character >= 'A' && character <= 'Z' ? 0.7 : 0.6;
}
