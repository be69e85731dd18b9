import process from 'node:process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { TestModule, Vitest } from 'vitest/node';
import SkipReporter from './skip-reporter.js';

interface Skipped {
  readonly note?: string;
  readonly skipReason?: string;
  readonly mode?: string;
}

/** A module of skipped tests, as far as the reporter looks at one. */
function moduleOf(...skipped: readonly Skipped[]): TestModule {
  const tests = skipped.map(({ note, skipReason, mode = 'run' }) => ({
    fullName: 'suite > test',
    module: { moduleId: 'a.test.ts' },
    options: { mode },
    result: () => ({ state: 'skipped', note }),
    meta: () => ({ skipReason }),
  }));
  return { children: { allTests: () => tests } } as unknown as TestModule;
}

describe('SkipReporter', () => {
  afterEach(() => {
    process.exitCode = undefined;
    vi.restoreAllMocks();
  });

  function report(module: TestModule, testNamePattern?: RegExp): string {
    const lines: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => lines.push(line));
    const reporter = new SkipReporter();
    reporter.onInit({ config: { testNamePattern } } as unknown as Vitest);
    reporter.onTestRunEnd([module]);
    return lines.join('\n');
  }

  it('prints the reasons of suites and of tests', () => {
    const printed = report(moduleOf({ note: 'no Python' }, { skipReason: 'no data' }));
    expect(printed).toBe(
      'skipped, no Python:\n  a.test.ts > suite > test\n' +
        'skipped, no data:\n  a.test.ts > suite > test',
    );
    expect(process.exitCode).toBeUndefined();
  });

  it('fails the run where a test is skipped without a reason', () => {
    expect(report(moduleOf({}))).toContain('nothing says why');
    expect(process.exitCode).toBe(1);
  });

  it.each([
    ['by name', moduleOf({}), /x/],
    ['by only', moduleOf({}, { mode: 'only' }), undefined],
  ])('lets a developer pick tests %s', (_name, module, pattern) => {
    expect(report(module, pattern)).toBe('');
    expect(process.exitCode).toBeUndefined();
  });
});
