import { relative } from 'node:path';
import process from 'node:process';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';

/** Prints why tests were skipped, and fails the run where one does not say. */
export default class SkipReporter implements Reporter {
  #isFiltered = false;

  onInit({ config }: Vitest): void {
    this.#isFiltered = config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    // A developer who picks tests skips the others.
    if (this.#isFiltered || tests.some(({ options }) => options.mode === 'only')) return;
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    for (const [reason, names] of byReason(skipped)) {
      console.log(`skipped, ${reason ?? 'and nothing says why: use needs() or skip(reason)'}:`);
      for (const name of names) console.log(`  ${name}`);
      if (reason === undefined) process.exitCode = 1;
    }
  }
}

function byReason(tests: readonly TestCase[]): Map<string | undefined, string[]> {
  const groups = new Map<string | undefined, string[]>();
  for (const test of tests) {
    const reason = reasonOf(test);
    const names = groups.get(reason) ?? [];
    groups.set(reason, names);
    names.push(`${relative(process.cwd(), test.module.moduleId)} > ${test.fullName}`);
  }
  return groups;
}

function reasonOf(test: TestCase): string | undefined {
  const result = test.result();
  return (result.state === 'skipped' ? result.note : undefined) ?? test.meta().skipReason;
}
