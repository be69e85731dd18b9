/** What separates the cells of a line; `spaces` for runs of white space. */
export type Delimiter = ',' | ';' | '\t' | '|' | 'spaces';

const CANDIDATES = [',', ';', '\t', '|'] as const;
/** Lines that are looked at. */
const LINES = 20;

/**
 * The character that separates cells: the one that most lines have equally often outside quotes.
 *
 * @param text - the start of a file
 * @returns undefined where lines seem to hold one cell each
 */
export function sniffDelimiter(text: string): Delimiter | undefined {
  const lines = text
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== '')
    .slice(0, LINES);
  let best: { readonly delimiter: Delimiter; readonly score: number } | undefined;
  for (const delimiter of CANDIDATES) {
    const counts = lines.map((line) => countOutsideQuotes(line, delimiter));
    const usual = commonest(counts.filter((count) => count > 0));
    // As many lines as possible have it, then as many cells as possible.
    const agreeing = counts.filter((count) => count === usual).length;
    const score = usual === 0 ? 0 : agreeing + Math.min(usual, 999) / 1000;
    if (score > (best?.score ?? 0)) best = { delimiter, score };
  }
  if (best !== undefined) return best.delimiter;
  return lines.some((line) => /\S\s+\S/.test(line)) ? 'spaces' : undefined;
}

function countOutsideQuotes(line: string, delimiter: string): number {
  let count = 0;
  let isQuoted = false;
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === delimiter && !isQuoted) count++;
  }
  return count;
}

/** 0 without any. */
function commonest(counts: readonly number[]): number {
  const times = new Map<number, number>();
  for (const count of counts) times.set(count, (times.get(count) ?? 0) + 1);
  return [...times].sort(([a, n], [b, m]) => m - n || b - a)[0]?.[0] ?? 0;
}
