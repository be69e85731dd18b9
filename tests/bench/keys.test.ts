import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../bench/measurements.js';

/** The dotted keys of nested figures, those of tasks as `*`. */
type Keys<T> = {
  [Name in keyof T & string]: T[Name] extends number | string | null
    ? Name
    : string extends keyof T[Name]
      ? Name | `${Name}.*.${keyof T[Name][string] & string}`
      : `${Name}.${Keys<T[Name]>}`;
}[keyof T & string];

/** What others may build on. A key that the bench stops to print does not compile here. */
const PROMISED = [
  'provider',
  'attacks.headers.worstProbeMs',
  'attacks.headers.growthMiB',
  'attacks.widths.worstProbeMs',
  'attacks.widths.growthMiB',
  'attacks.pipelining.worstProbeMs',
  'attacks.pipelining.growthMiB',
  'attacks.chunks.worstProbeMs',
  'attacks.chunks.growthMiB',
  'attacks.unread.worstProbeMs',
  'attacks.unread.growthMiB',
  'attacks.bodies.worstProbeMs',
  'attacks.bodies.growthMiB',
  'attacks.malformed.worstProbeMs',
  'attacks.malformed.growthMiB',
  'sampler.matmulFraction',
  'sampler.loopOverhead',
  'training.stepOverForward',
  'training.ortOverTfjs',
  'sampleOverTrain',
  'sampleOverTrain.*.alone',
  'sampleOverTrain.*.together',
  'scaling.weightsExponent',
  'scaling.batchExponent',
  'memory.samplingPeakMiB',
  'memory.trainingPeakMiB',
  'device.cudaOverCpuSampling',
  'device.cudaOverCpuTraining',
  'evaluation.kernelSpeedUp',
  'novelty.networkMs',
  'novelty.overSampling',
  'ensemble.overSixteen',
] as const satisfies readonly Keys<Report>[];

const readme = readFileSync(new URL('../../bench/README.md', import.meta.url), 'utf8');
const explained = readme.slice(readme.indexOf('## Keys'), readme.indexOf('## Last figures'));
const shown = readme.slice(readme.indexOf('## Last figures'));

describe('bench/README.md', () => {
  it.each(PROMISED)('explains %s', (key) => {
    const [group = '', ...rest] = key.replace('*', 'T').split('.');
    const rows = explained.split('\n').filter((line) => line.startsWith(`| \`${group}`));
    const named = rows.flatMap((row) => row.split('|')[1]?.match(/\w+/g) ?? []);
    expect(named).toContain(rest.at(-1) ?? group);
  });

  it.each(PROMISED)('shows the last %s', (key) => {
    const pattern = key.replaceAll('.', '\\.').replace('*', '\\w+');
    expect(shown).toMatch(new RegExp(`^${pattern}[ .]`, 'm'));
  });
});
