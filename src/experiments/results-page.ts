import { formatMarkdownTable, type Table } from '../files/table.js';

/** A block of a results page. */
export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'figure'; readonly file: string; readonly caption: string }
  | { readonly kind: 'command'; readonly text: string }
  | { readonly kind: 'checks'; readonly checks: readonly Check[] };

/** A requirement on the results. */
export interface Check {
  readonly demand: string;
  /** The figures that decide whether it is met. */
  readonly found: string;
  readonly isMet: boolean;
}

export interface ResultsPage {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** Files of an experiment's results by name: one page and its figures. */
export type ResultFiles = ReadonlyMap<string, string>;

export const heading = (text: string): Block => ({ kind: 'heading', text });
export const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
export const tableBlock = (table: Table): Block => ({ kind: 'table', table });

/** The page as Markdown. */
export function formatPage({ title, blocks }: ResultsPage): string {
  return `${[`# ${title}`, ...blocks.map(formatBlock)].join('\n\n')}\n`;
}

/** All requirements, one per line, for the page and for terminals. */
export function formatChecks(checks: readonly Check[]): string {
  return checks
    .map(({ demand, found, isMet }) => `- **${isMet ? 'met' : 'missed'}**: ${demand} (${found})`)
    .join('\n');
}

function formatBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `## ${block.text}`;
    case 'paragraph':
      return block.text;
    case 'table':
      return formatMarkdownTable(block.table);
    case 'figure':
      return `![${block.caption}](${block.file})`;
    case 'command':
      return `\`\`\`sh\n${block.text}\n\`\`\``;
    case 'checks':
      return formatChecks(block.checks);
  }
}
