import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { pipeline, type Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { WeightspringError } from '../../errors.js';
import { createPace } from '../../pace.js';
import { isSystemError } from '../../files/file-error.js';
import { sniffDelimiter, type Delimiter } from './sniff-delimiter.js';
import { TableBuilder } from './table-builder.js';
import { unreadable, type Table } from './table.js';

export interface DelimitedOptions {
  /** Name of the column of labels, which tells a line of names. */
  readonly target?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Text from which the delimiter is guessed. */
const SNIFFED = 1 << 16;
/** Longest line, in characters: a quote that is not closed swallows the rest of a file. */
const LONGEST_LINE = 1 << 22;

/**
 * Reads a table of text: comma, semicolon, tab, bar or white space between cells, double quotes
 * around them, LF or CRLF, with a byte order mark or without, packed by gzip or not, UTF-8 or UTF-16.
 *
 * @throws WeightspringError `data-corrupt`, naming file and line
 */
export function readDelimited(
  path: string,
  start: Uint8Array,
  options: DelimitedOptions = {},
): Promise<Table> {
  return tableOfText(path, decoded(path, start), options);
}

/**
 * A table of text that comes piece by piece, as {@link readDelimited}.
 *
 * @param path - how messages call it
 */
export async function tableOfText(
  path: string,
  pieces: Iterable<string> | AsyncIterable<string>,
  { target, signal }: DelimitedOptions = {},
): Promise<Table> {
  const pace = createPace(signal);
  let feed: Feed | null = null;
  let head = '';
  const open = async (): Promise<Feed> => {
    const delimiter = sniffDelimiter(head) ?? ',';
    const builder = new TableBuilder(path, delimiter, target);
    const opened = delimiter === 'spaces' ? spaced(builder) : separated(builder, delimiter);
    await opened.write(head);
    return opened;
  };
  try {
    for await (const text of pieces) {
      if (feed !== null) await feed.write(text);
      else if ((head += text).length >= SNIFFED) feed = await open();
      await pace();
    }
    feed ??= await open();
    return await feed.end();
  } catch (error) {
    throw tableError(path, error);
  }
}

/** Takes the text of a file piece by piece. */
interface Feed {
  write(text: string): Promise<void> | void;
  end(): Promise<Table>;
}

function separated(builder: TableBuilder, delimiter: Exclude<Delimiter, 'spaces'>): Feed {
  const parser = parse({
    delimiter,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    ltrim: true,
    rtrim: true,
    max_record_size: LONGEST_LINE,
    // Called for every record; none is passed on, which would cost a turn of the event loop each.
    on_record: (cells: string[], { lines }) => {
      builder.add(cells, lines);
      return null;
    },
  });
  const ended = new Promise<void>((resolve, reject) => {
    parser.once('end', resolve);
    parser.once('error', reject);
  });
  // Errors are reported by the write or the end that waits.
  ended.catch(() => undefined);
  parser.resume();
  return {
    write: async (text) => {
      if (!parser.write(text)) {
        await Promise.race([new Promise((resolve) => parser.once('drain', resolve)), ended]);
      }
    },
    end: async () => {
      parser.end();
      await ended;
      return builder.finish();
    },
  };
}

function spaced(builder: TableBuilder): Feed {
  let rest = '';
  let number = 0;
  const take = (line: string): void => {
    number++;
    const trimmed = line.trim();
    if (trimmed !== '') builder.add(trimmed.split(/\s+/), number);
  };
  return {
    write: (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(take);
    },
    end: () => {
      take(rest);
      return Promise.resolve(builder.finish());
    },
  };
}

const GZIP_MAGIC = [0x1f, 0x8b];

/** The text of a file, piece by piece. */
async function* decoded(path: string, start: Uint8Array): AsyncGenerator<string> {
  const raw = createReadStream(path, { highWaterMark: 1 << 18 });
  const isPacked = GZIP_MAGIC.every((byte, index) => start[index] === byte);
  const bytes: Readable = isPacked ? pipeline(raw, createGunzip(), () => undefined) : raw;
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  let position = 0;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    decoder ??= new TextDecoder(encodingOf(chunk), { fatal: true });
    let text: string;
    try {
      text = decoder.decode(chunk, { stream: true });
    } catch {
      const name = decoder.encoding;
      throw unreadable(
        path,
        `near byte ${position + firstFault(chunk)}: expected ${name} text: convert it, as by ` +
          `iconv -f latin1 -t utf-8, or take an undamaged copy`,
      );
    }
    if (text.includes('\0')) {
      throw unreadable(path, `near byte ${position}: expected text, got bytes of another kind`);
    }
    yield text;
    position += chunk.length;
  }
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return 'utf-8';
}

/** Of a piece that is not UTF-8: the first byte above 127, roughly. */
function firstFault(chunk: Uint8Array): number {
  return Math.max(
    0,
    chunk.findIndex((byte) => byte > 127),
  );
}

function tableError(path: string, error: unknown): unknown {
  if (error instanceof WeightspringError || isSystemError(error)) return error;
  if (error instanceof CsvError) {
    const line: unknown = Reflect.get(error, 'lines');
    return unreadable(
      path,
      `line ${String(line)}: ${error.message}: mend its quotes or delimiters`,
      error,
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return unreadable(path, `it cannot be unpacked (${reason}): take an undamaged copy`, error);
}
