import type { DeviceChoice } from '../devices/device.js';
import type { DataFiles } from '../evaluation/known-task.js';
import { openEvaluation } from '../evaluation/evaluation-context.js';
import { comparisonFor, evaluateJob, type ScrutinisedReport } from '../evaluation/evaluate-job.js';
import { reportTable } from '../evaluation/report.js';
import { openScrutiny } from '../evaluation/scrutiny/open-scrutiny.js';
import {
  averagesTable,
  contendersTable,
  diversityTable,
} from '../evaluation/scrutiny/scrutiny-tables.js';
import { formatTable } from '../files/table.js';
import { extrapolationNote, failureOf, isExtrapolated } from '../flows/served-region.js';
import { openEngine } from './engine.js';
import { flowJob, openSampler, type JobFlags } from './flow-job.js';
import { OFFLINE_LIMITS } from '../sampling/offline-limits.js';
import { printResult, say } from './output.js';
import { withProgress } from './progress.js';
import { interruptSignal } from './signals.js';

export interface EvaluateFlags extends JobFlags, DataFiles {
  readonly modelsDir: readonly string[];
  readonly device: DeviceChoice;
  readonly samples: number;
  readonly fresh?: number;
  readonly nulls: boolean;
  readonly zoo?: string;
  readonly json?: true;
}

/** `weightspring evaluate`. */
export async function evaluateCommand(flags: EvaluateFlags): Promise<void> {
  const signal = interruptSignal();
  const sampler = await openSampler(flags);
  try {
    const flow = sampler.flow(flags.flow);
    const job = { ...(await flowJob(flow, flags)), firstIndex: 0, count: flags.samples };
    const { architecture } = job;
    const context = await openEvaluation(sampler, flags.modelsDir, flags.flow, flags);
    const engine = () => openEngine('ort', { device: sampler.device.provider });
    const train = comparisonFor(context, architecture, flags.fresh, engine);
    const scrutiny = flags.nulls
      ? { by: await openScrutiny(context, job, engine, signal), of: 'all' as const }
      : undefined;
    const report = await withProgress('evaluate', (progress) =>
      evaluateJob(context, job, {
        train,
        scrutiny,
        limits: OFFLINE_LIMITS,
        signal,
        report: progress,
      }),
    );
    if (report.note !== null) say(report.note);
    const extrapolated = isExtrapolated(flow, architecture);
    if (extrapolated) say(extrapolationNote(flow, architecture));
    const served = failureOf(flow, architecture) === undefined;
    if (!served) say('the flow was measured to fail here: its networks are not given out');
    printResult({ ...report, extrapolated, served }, flags.json === true, () => tables(report));
  } finally {
    await sampler.close();
  }
}

function tables(report: ScrutinisedReport): string {
  const { scrutiny } = report;
  if (scrutiny === undefined || !('nulls' in scrutiny)) return formatTable(reportTable(report));
  return [
    formatTable(reportTable(report)),
    formatTable(contendersTable(scrutiny)),
    formatTable(diversityTable(scrutiny)),
    formatTable(averagesTable(scrutiny)),
    ...scrutiny.notes,
  ].join('\n\n');
}
