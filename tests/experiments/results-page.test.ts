import { describe, expect, it } from 'vitest';
import { formatPage } from '../../src/experiments/results-page.js';

describe('formatPage', () => {
  it('writes every kind of block, an empty line between them', () => {
    expect(
      formatPage({
        title: 'Results',
        blocks: [
          { kind: 'heading', text: 'A part' },
          { kind: 'paragraph', text: 'Some words.' },
          { kind: 'command', text: 'weightspring experiment wdbc' },
          {
            kind: 'table',
            table: { columns: [{ header: 'x' }, { header: 'name' }], rows: [[1, 'a|b']] },
          },
          { kind: 'figure', file: 'steps.svg', caption: 'Steps' },
          {
            kind: 'checks',
            checks: [
              { demand: 'low', found: '0.1', isMet: true },
              { demand: 'high', found: '0.2', isMet: false },
            ],
          },
        ],
      }),
    ).toBe(
      [
        '# Results',
        '## A part',
        'Some words.',
        '```sh\nweightspring experiment wdbc\n```',
        '|   x | name |\n| --: | ---- |\n|   1 | a\\|b |',
        '![Steps](steps.svg)',
        '- **met**: low (0.1)\n- **missed**: high (0.2)\n',
      ].join('\n\n'),
    );
  });
});
