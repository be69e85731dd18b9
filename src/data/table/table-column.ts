import { parseDecimal } from '../../files/parse-decimal.js';

/** What stands for a missing value, in lower case. */
const MISSING: ReadonlySet<string> = new Set([
  ...['', '?', 'na', 'n/a', '#n/a', '<na>', 'nan', 'null', 'none', 'nil', 'nat', '-', '.'],
  ...['inf', '-inf', '+inf', 'infinity', '-infinity', '(null)'],
]);

/** Distinct texts that a column remembers; one of more is of no use as a category. */
export const MOST_TEXTS = 1 << 16;
/** Of a text beyond the {@link MOST_TEXTS}. */
const UNKNOWN_TEXT = MOST_TEXTS;

/** Digits that are a name: a zip code, a telephone number. */
const LEADING_ZERO = /^[+-]?0\d/;
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;

/** A column of a table: each row holds a number, a text or nothing. */
export interface TableColumn {
  readonly name: string;
  readonly rows: number;
  /** NaN where the row holds no number. */
  numberAt(row: number): number;
  /** Index into {@link texts}, beyond them for a text that is not remembered; −1 for no text. */
  textAt(row: number): number;
  readonly texts: readonly string[];
}

/** A column as plain data, which threads can pass on. */
export interface ColumnContents {
  readonly name: string;
  readonly rows: number;
  /** NaN where there is none. */
  readonly numbers: Float64Array;
  /** Of each row the index of its text + 1; null where there are no texts. */
  readonly codes: Int32Array | null;
  readonly texts: readonly string[];
}

/** A column that was read elsewhere. */
export class StoredColumn implements TableColumn {
  readonly name: string;
  readonly rows: number;
  readonly texts: readonly string[];

  constructor(private readonly contents: ColumnContents) {
    ({ name: this.name, rows: this.rows, texts: this.texts } = contents);
  }

  numberAt(row: number): number {
    return this.contents.numbers[row] as number;
  }

  textAt(row: number): number {
    return (this.contents.codes?.[row] ?? 0) - 1;
  }
}

/** Collects a column cell by cell: 8 bytes a row for numbers, 4 more where there are texts. */
export class ColumnBuilder implements TableColumn {
  readonly texts: string[] = [];
  readonly #known = new Map<string, number>();
  #numbers = new Float64Array(1024);
  /** Of each row the index of its text + 1; null as long as there is none. */
  #codes: Int32Array | null = null;
  #rows = 0;

  constructor(
    readonly name: string,
    /** Whether `3,5` is a number: where commas do not separate cells. */
    private readonly takesDecimalComma = false,
  ) {}

  get rows(): number {
    return this.#rows;
  }

  numberAt(row: number): number {
    return this.#numbers[row] as number;
  }

  textAt(row: number): number {
    return (this.#codes?.[row] ?? 0) - 1;
  }

  /** @returns whether float32 can hold what the cell says */
  addCell(cell: string): boolean {
    const text = cell.trim();
    const value = this.#parse(text);
    if (!Number.isNaN(value)) return this.addNumber(value);
    this.addText(MISSING.has(text.toLowerCase()) ? null : text);
    return true;
  }

  /** NaN for a missing value. @returns whether float32 can hold it */
  addNumber(value: number): boolean {
    const isSound = Math.abs(value) < MOST || Number.isNaN(value);
    this.#push(isSound ? value : NaN, 0);
    return isSound;
  }

  /** Null for a missing value. */
  addText(text: string | null): void {
    this.#push(NaN, text === null ? 0 : this.#code(text) + 1);
  }

  finish(): ColumnContents {
    const { name, rows, texts } = this;
    return { name, rows, numbers: this.#numbers, codes: this.#codes, texts };
  }

  #parse(text: string): number {
    if (LEADING_ZERO.test(text)) return NaN;
    const value = parseDecimal(text);
    if (!Number.isNaN(value) || !this.takesDecimalComma) return value;
    return DECIMAL_COMMA.test(text) ? Number(text.replace(',', '.')) : NaN;
  }

  #code(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.texts.length === MOST_TEXTS) return UNKNOWN_TEXT;
    this.#known.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }

  #push(value: number, code: number): void {
    const row = this.#rows++;
    if (row === this.#numbers.length) {
      const grown = new Float64Array(2 * row);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[row] = value;
    if (code === 0 && this.#codes === null) return;
    if (this.#codes === null || this.#codes.length < this.#numbers.length) {
      const grown = new Int32Array(this.#numbers.length);
      if (this.#codes !== null) grown.set(this.#codes);
      this.#codes = grown;
    }
    this.#codes[row] = code;
  }
}

/** Where float32 ends. */
const MOST = 3.4028235677973366e38;

/** A column of a matrix of numbers `[rows, width]`, which is not copied. */
export class MatrixColumn implements TableColumn {
  readonly texts: readonly string[] = [];

  constructor(
    readonly name: string,
    readonly rows: number,
    private readonly matrix: Readonly<Record<number, number>>,
    private readonly width: number,
    private readonly place: number,
  ) {}

  numberAt(row: number): number {
    return this.matrix[row * this.width + this.place] as number;
  }

  textAt(): number {
    return -1;
  }
}
