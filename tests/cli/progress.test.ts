import { describe, expect, it } from 'vitest';
import {
  createProgress,
  formatDuration,
  withProgress,
  writeBeside,
  type ProgressOptions,
} from '../../src/cli/progress.js';
import { partOf } from '../../src/pace.js';

/** A stream and a clock under the test's control. */
function setUp(options: { isTTY?: boolean; columns?: number } & Partial<ProgressOptions> = {}) {
  const { isTTY = false, columns = 80, ...rest } = options;
  const written: string[] = [];
  const clock = { ms: 0 };
  const progress = createProgress({
    label: 'training',
    total: 100,
    stream: { isTTY, columns, write: (text) => written.push(text) },
    now: () => clock.ms,
    ...rest,
  });
  return { progress, written, clock };
}

describe('progress where lines stay', () => {
  it('writes a line at each tenth of the work, without control characters', () => {
    const { progress, written, clock } = setUp();
    for (let i = 1; i <= 100; i++) {
      clock.ms += 20;
      progress.update(i, 'loss 0.5');
    }
    progress.done();
    expect(written.length).toBe(11);
    expect(written[0]).toBe('training  10 %  10/100  2 s left  loss 0.5\n');
    expect(written.at(-1)).toBe('training 100 %  100/100  in 2 s  loss 0.5\n');
    for (const line of written) expect(line).toMatch(/^\P{Cc}+\n$/u);
  });

  it('gives a sign of life each minute when work is slow', () => {
    const { progress, written, clock } = setUp({ total: 1e6 });
    for (let i = 1; i <= 10; i++) {
      clock.ms += 20_000;
      progress.update(i);
    }
    expect(written.length).toBe(3);
  });
});

describe('progress on a terminal', () => {
  it('redraws one line in place, at most ten times a second', () => {
    const { progress, written, clock } = setUp({ isTTY: true });
    for (let i = 1; i <= 100; i++) {
      clock.ms += 10;
      progress.update(i);
    }
    expect(written.length).toBeGreaterThanOrEqual(9);
    expect(written.length).toBeLessThanOrEqual(11);
    for (const text of written) {
      expect(text.startsWith('\r\u001b[2K')).toBe(true);
      expect(text).not.toContain('\n');
    }
  });

  it('fills the bar in proportion', () => {
    const { progress, written } = setUp({ isTTY: true });
    progress.update(50);
    expect(written[0]).toContain('█'.repeat(12) + '░'.repeat(12));
  });

  it('keeps to one line of a narrow terminal', () => {
    const { progress, written } = setUp({ isTTY: true, columns: 30 });
    progress.update(50, 'a long note '.repeat(20));
    expect(written[0]!.replace('\r\u001b[2K', '').length).toBeLessThan(30);
  });

  it('shows a bar also on a terminal that does not know its width', () => {
    const { progress, written } = setUp({ isTTY: true, columns: 0 });
    progress.update(50);
    expect(written[0]).toContain('training  50 %');
  });

  it('ends with a line of its own', () => {
    const { progress, written, clock } = setUp({ isTTY: true });
    progress.update(100);
    clock.ms = 65_000;
    progress.done();
    expect(written.at(-1)).toBe('\r\u001b[2Ktraining 100 %  100/100  in 1 min 05 s\n');
  });

  it('says nothing of the time left before there is a speed', () => {
    const { progress, written } = setUp({ isTTY: true });
    progress.update(0);
    expect(written[0]).not.toContain('left');
  });
});

describe('progress of a resumed run', () => {
  it('takes its speed from the work of this run only', () => {
    const { progress, written, clock } = setUp({ done: 50 });
    clock.ms = 10_000;
    progress.update(60);
    expect(written).toEqual(['training  60 %  60/100  40 s left\n']);
  });
});

it('shows nothing of work that is over within its quiet time', async () => {
  for (const [stepMs, lines] of [
    [100, 0],
    [300, 2],
  ] as const) {
    const written: string[] = [];
    let time = 0;
    const stream = { write: (text: string) => written.push(text) };
    const work = (report: (done: number, total: number) => void): Promise<void> => {
      for (let done = 1; done <= 3; done++) {
        time += stepMs;
        report(done, 3);
      }
      return Promise.resolve();
    };
    await withProgress('work', work, { stream, now: () => time, quietMs: 500 });
    expect(written).toHaveLength(lines);
  }
});

describe('withProgress', () => {
  function stream(isTTY = false) {
    const written: string[] = [];
    return { isTTY, columns: 80, written, write: (text: string) => written.push(text) };
  }

  it('ends the display with the work, also where that fails', async () => {
    const out = stream(true);
    const work = withProgress(
      'zoo',
      (report) => {
        report(1, 4, 'half');
        return Promise.reject(new Error('no'));
      },
      { stream: out },
    );
    await expect(work).rejects.toThrow('no');
    expect(out.written.at(-1)).toMatch(/zoo +25 % {2}1\/4 .*half\n$/);
  });

  it('shows nothing of what is done at its first report', async () => {
    const out = stream();
    const result = await withProgress(
      'sample',
      (report) => {
        report(3, 3);
        return Promise.resolve(5);
      },
      { stream: out },
    );
    expect(result).toBe(5);
    expect(out.written).toEqual([]);
  });

  it('gives a part its share of the whole', () => {
    const told: (string | number | undefined)[][] = [];
    const part = partOf((...report) => told.push(report), 1, 4);
    part(5, 10, 'note');
    part(10, 10);
    expect(told).toEqual([
      [150, 400, 'note'],
      [200, 400, undefined],
    ]);
  });
});

describe('a line beside a bar', () => {
  it('takes the place of the bar, and only of a bar', () => {
    const { progress, written } = setUp({ isTTY: true });
    const stream = { write: (text: string) => written.push(text) };
    writeBeside('before', stream);
    const own = { isTTY: true, columns: 80, write: stream.write };
    const drawn = createProgress({ label: 'zoo', total: 2, stream: own });
    drawn.update(1);
    writeBeside('beside', own);
    drawn.done();
    writeBeside('after', own);
    progress.done();
    expect(written).toContain('before\n');
    expect(written).toContain('\r\u001b[2Kbeside\n');
    expect(written).toContain('after\n');
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [12_400, '12 s'],
    [59_600, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [7_620_000, '2 h 07 min'],
  ])('%d ms is %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});
