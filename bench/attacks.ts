import { execFile } from 'node:child_process';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { architectureIn } from '../src/network/architecture.js';
import { networkOf } from '../src/network/network.js';
import { WeightspringError } from '../src/errors.js';
import type { FlowSummary } from '../src/flows/flow-summary.js';
import { ATTACKS, type Attack } from './attack-kinds.js';
import type { AttackTask } from './attack-process.js';
import { residentMiB } from './resident-memory.js';
import { Client, LAYERS } from './service-client.js';
import { startService, type ServiceProcess } from './service-process.js';
import { timeMs } from './statistics.js';

/** What each attack does to the service. */
export type AttackReport = Readonly<
  Record<
    Attack,
    {
      /** Slowest answer of `GET /v2/health/live` during the attack and shortly after. */
      readonly worstProbeMs: number;
      /** Most that resident memory of the service rose above that before; null except on Linux. */
      readonly growthMiB: number | null;
    }
  >
>;

type AttackFigures = AttackReport[Attack];

const PROBE_EVERY_MS = 20;
const AFTER_MS = 1_000;
/** Networks of the largest job, in as few steps as it takes: large answers at little work. */
const LARGE_COUNT = 128;
const WARM_UPS = 8;
/** What honest clients make workers hold is no growth: such jobs go before these attacks. */
const WITH_LARGE_JOBS: readonly Attack[] = ['pipelining', 'unread'];

/** Attacks a fresh service in each way that once stopped or swelled it. */
export async function measureAttacks(modelsDir: string): Promise<AttackReport> {
  const report: Partial<Record<Attack, AttackFigures>> = {};
  for (const attack of Object.keys(ATTACKS) as Attack[]) {
    process.stderr.write(`attack: ${attack}\n`);
    const service = await startService(modelsDir);
    try {
      report[attack] = await measureAttack(attack, service);
    } finally {
      await service.close();
    }
  }
  return report as AttackReport;
}

async function measureAttack(attack: Attack, { url, pid }: ServiceProcess): Promise<AttackFigures> {
  const client = new Client(url);
  const largeJob = await findLargeJob(url);
  for (let seed = 0; seed < WARM_UPS; seed++) {
    await client.generate(LAYERS, seed);
    // Two at once, for each of the workers.
    const large = WITH_LARGE_JOBS.includes(attack) ? [seed, WARM_UPS + seed] : [];
    await Promise.all(large.map((other) => generateLarge(url, { ...largeJob, seed: other })));
  }
  await delay(AFTER_MS);
  const before = await residentMiB(pid);
  const ended = run({ attack, port: Number(new URL(url).port), largeJob })
    .then(() => delay(AFTER_MS))
    .then(() => true);
  let worstProbeMs = 0;
  let growthMiB: number | null = null;
  do {
    worstProbeMs = Math.max(worstProbeMs, await timeMs(() => client.probe()));
    const now = await residentMiB(pid);
    if (now !== null && before !== null) growthMiB = Math.max(growthMiB ?? 0, now - before);
  } while (!(await Promise.race([ended, delay(PROBE_EVERY_MS, false)])));
  // The attacker is gone: others are served.
  await client.generate(LAYERS, 0);
  return { worstProbeMs, growthMiB };
}

async function run(task: AttackTask): Promise<void> {
  const script = fileURLToPath(new URL('attack-process.js', import.meta.url));
  await promisify(execFile)(process.execPath, [script, JSON.stringify(task)]);
}

/** Many of the largest networks that any flow was trained on. */
async function findLargeJob(url: string): Promise<AttackTask['largeJob']> {
  const response = await fetch(`${url}/v1/flows`);
  const { flows } = (await response.json()) as { readonly flows: readonly FlowSummary[] };
  const candidates = flows.flatMap(({ name, architectures, steps }) =>
    architectures.map((trained) => ({
      flow: name,
      architecture: architectureIn(trained),
      steps: steps.min,
    })),
  );
  const [largest] = candidates.sort(
    (a, b) => networkOf(b.architecture).parameters - networkOf(a.architecture).parameters,
  );
  return { ...largest, count: LARGE_COUNT };
}

async function generateLarge(url: string, job: AttackTask['largeJob']): Promise<void> {
  const response = await fetch(`${url}/v1/networks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(job),
  });
  await response.arrayBuffer();
  if (response.ok) return;
  throw new WeightspringError('internal', `a large job: expected 200, got ${response.status}`);
}
