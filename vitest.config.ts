import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/global-setup.js'],
    reporters: ['default', './tests/support/skip-reporter.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Its default leaves one core idle, which on two is half of the machine.
    maxWorkers: '100%',
  },
});
