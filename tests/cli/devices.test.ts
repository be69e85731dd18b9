import { describe, expect, it } from 'vitest';
import { PROVIDERS } from '../../src/devices/device.js';
import { weightspring, weightspringOk } from '../support/compiled.js';
import { missingProviders } from '../support/providers.js';

describe('--device', { timeout: 60_000 }, () => {
  const train = (...args: readonly string[]) =>
    weightspring(['zoo', 'train', '--task', 'spirals', '--out', 'never.zoo', ...args]);

  it('has a command that says which providers work, and why not', async () => {
    const missing = await missingProviders();
    const { stdout } = await weightspringOk(['devices', '--json']);
    const report = JSON.parse(stdout) as {
      auto: string;
      providers: { provider: string; works: boolean; reason?: string }[];
    };
    expect(report.auto).toBe(missing.includes('cuda') ? 'cpu' : 'cuda');
    expect(report.providers.map(({ provider }) => provider)).toEqual(PROVIDERS);
    for (const { provider, works, reason } of report.providers) {
      expect(works, provider).toBe(!missing.some((name) => name === provider));
      expect(reason === undefined, provider).toBe(works);
    }
  });

  it('fails in one line where the device is not there', async ({ skip }) => {
    const [missing] = await missingProviders();
    if (missing === undefined) return skip('every provider works on this machine');
    const { status, stderr } = await train('--device', missing);
    // A library that an absent provider needs may have its say before.
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      new RegExp(`^weightspring: expected device ${missing}, got cpu: `),
    );
    expect(status).toBe(2);
  });

  it('is refused beside an engine that chooses by itself', async () => {
    const { status, stderr } = await train('--engine', 'tfjs', '--device', 'cpu');
    expect(stderr).toMatch(/^weightspring: --device cpu is for --engine ort/);
    expect(status).toBe(2);
  });
});
