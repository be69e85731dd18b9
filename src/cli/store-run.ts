import { join } from 'node:path';
import { buildReference } from '../evaluation/build-reference.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { FLOW_FILES } from '../flows/flow-store.js';
import { storeTrainedFlow } from '../flows/store-trained-flow.js';
import type { TrainedFlow } from '../training/flow-run.js';
import type { FlowTrainingConfig } from '../training/flow-training-config.js';
import { HELD_OUT_LOG, type HeldOutRecord } from '../training/held-out.js';
import { readTrainingLog } from '../training/training-log.js';
import type { HeldOutNumbers } from '../zoo/held-out-runs.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import type { Zoo } from '../zoo/zoo.js';
import { lossCurve } from './loss-curve.js';
import { printResult, say } from './output.js';
import { withProgress } from './progress.js';
import type { TrainFlags } from './train-flags.js';

/** A finished training and its inputs. */
export interface FinishedRun {
  readonly zoo: Zoo;
  readonly task: PreparedTask;
  readonly config: FlowTrainingConfig;
  readonly trained: TrainedFlow;
  readonly engine: string;
  readonly heldOutRuns: readonly HeldOutNumbers[];
  readonly signal: AbortSignal;
}

/** Writes the folder of the flow, once its content is complete. */
export async function storeFlow(
  flags: TrainFlags,
  { zoo, task, config, trained, engine, heldOutRuns, signal }: FinishedRun,
): Promise<void> {
  const reference = await withProgress('measure the zoo', (onProgress) =>
    buildReference(zoo, task, { signal, onProgress }),
  );
  const records = await readTrainingLog(flags.runDir);
  const measured =
    config.heldOut === undefined
      ? []
      : await readTrainingLog<HeldOutRecord>(flags.runDir, HELD_OUT_LOG);
  await writeFileAtomic(join(flags.out, FLOW_FILES.reference), `${JSON.stringify(reference)}\n`);
  const stored = await storeTrainedFlow(flags.out, {
    name: flags.name,
    description: descriptionOf(flags, zoo),
    zoo,
    config,
    trained,
    engine,
    heldOutRuns,
    sampling: {
      steps: flags.samplingSteps,
      solver: flags.samplingSolver,
      timeGrid: flags.samplingTimeGrid,
      stochasticity: flags.samplingStochasticity,
    },
    storage: flags.storage,
    durationSeconds: Math.round(
      records.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000,
    ),
  });
  await writeFileAtomic(join(flags.out, 'loss.svg'), lossCurve(records, flags.name, measured));
  const { best, step } = trained;
  if (best !== undefined) {
    say(
      `took update ${best.step} of ${step}, where the held-out loss was least: ${best.heldOut.toFixed(4)}`,
    );
  }
  say(`wrote ${flags.out}`);
  printResult(
    { flow: stored.name, sha256: stored.sha256, steps: step, out: flags.out },
    flags.json === true,
    () => `${stored.name} ${stored.sha256}`,
  );
}

/** The given description, or one that says what the flow was trained on. */
function descriptionOf({ description }: TrainFlags, { header, architectures }: Zoo): string {
  return description ?? `Classifiers for '${header.task}' of ${architectures.length} architectures`;
}
