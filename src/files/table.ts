/** Value of a cell; null, shown as `–`, for a value that does not exist. */
export type Cell = string | number | null;

export interface Column {
  readonly header: string;
  /** How numbers are written. Default: integers as they are, others with four decimals. */
  readonly format?: (value: number) => string;
}

export interface Table {
  readonly columns: readonly Column[];
  /** One cell per column. */
  readonly rows: readonly (readonly Cell[])[];
}

/** The table as plain text: columns aligned by spaces, numbers to the right. */
export function formatTable(table: Table): string {
  const { lines, numeric } = written(table);
  const widths = columnWidths(lines);
  const rule = widths.map((width) => '-'.repeat(width));
  const [header = [], ...rows] = lines;
  return [header, rule, ...rows]
    .map((line) => alignLine(line, widths, numeric).join('  ').trimEnd())
    .join('\n');
}

/** The table in Markdown, aligned in the source too. */
export function formatMarkdownTable(table: Table): string {
  const { lines, numeric } = written(table);
  const escaped = lines.map((line) => line.map((text) => text.replace(/[\\|]/g, '\\$&')));
  const widths = columnWidths(escaped).map((width) => Math.max(width, 3));
  const rule = widths.map((width, i) =>
    numeric[i] === true ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  const [header = [], ...rows] = escaped.map((line) => alignLine(line, widths, numeric));
  return [header, rule, ...rows].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** Header and rows as text, and which columns hold numbers only. */
function written({ columns, rows }: Table): {
  readonly lines: readonly (readonly string[])[];
  readonly numeric: readonly boolean[];
} {
  const numeric = columns.map(
    (_, i) =>
      rows.some((row) => typeof row[i] === 'number') &&
      rows.every((row) => typeof row[i] !== 'string'),
  );
  const lines = rows.map((row) => columns.map((column, i) => cellText(row[i] ?? null, column)));
  return { lines: [columns.map(({ header }) => header), ...lines], numeric };
}

function cellText(cell: Cell, { format = formatNumber }: Column): string {
  if (cell === null) return '–';
  return typeof cell === 'number' ? format(cell) : cell.replace(/\s+/g, ' ');
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(4);
}

function columnWidths(lines: readonly (readonly string[])[]): readonly number[] {
  return (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
}

function alignLine(
  line: readonly string[],
  widths: readonly number[],
  numeric: readonly boolean[],
): readonly string[] {
  return line.map((text, i) => {
    const width = widths[i] ?? 0;
    return numeric[i] === true ? text.padStart(width) : text.padEnd(width);
  });
}
