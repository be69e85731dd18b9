import { join } from 'node:path';
import { z } from 'zod';
import { msPerUpdate, fullUpdates } from '../evaluation/scrutiny/brief-training.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { parseJson } from '../files/parse-json.js';
import { readTextIfPresent } from '../files/read-file.js';
import { architecture } from '../network/architecture.js';
import type { Engine } from '../training/engine.js';
import type { BaseTraining } from '../zoo/base-trainer.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import { zooRecipe } from '../zoo/recipes.js';
import type { ZooArchitecture } from '../zoo/zoo.js';

/** How the time of a creation is shared out. */
export const SHARES = { zoo: 0.25, flow: 0.5, measuring: 0.25 } as const;

/** Hidden widths of the zoo: several depths and widths; the first is the usual one. */
const HIDDEN: readonly (readonly number[])[] = [
  [16, 16],
  [8],
  [32],
  [16],
  [24, 24],
  [32, 16],
  [16, 24, 16],
];
/** Runs of the usual architecture: as many as the ensembles that are compared. */
export const USUAL_RUNS = { min: 8, max: 32 };
/** Runs of each other one. */
const OTHER_RUNS = { min: 4, max: 16 };
/** Networks that are trained side by side to measure the time of one. */
const TIMED_NETWORKS = 8;
const SNAPSHOTS = 4;
const FLOW_STEPS = { min: 60, max: 1500 };

const planFileSchema = z.object({ runs: z.int().min(1), others: z.int().min(1) });
const stepsFileSchema = z.object({ steps: z.int().min(1) });

/** The population to train. */
export interface ZooChoice {
  readonly architectures: readonly ZooArchitecture[];
  readonly training: BaseTraining;
}

/**
 * The zoo that can be trained in its share of the time, which is measured once; a run that is
 * continued keeps its choice.
 */
export async function chooseZoo(
  task: PreparedTask,
  { runDir, budgetMs, engine, signal }: PlanOptions,
): Promise<ZooChoice> {
  const usual = zooRecipe(task).training;
  const ignoreEpochs = Math.floor(usual.epochs / 2);
  const training = { ...usual, snapshots: { ignoreEpochs, perRun: SNAPSHOTS } };
  const architectures = HIDDEN.map((hidden) =>
    architecture([task.featureNames.length, ...hidden, task.classNames.length]),
  );
  const [first] = architectures;
  const path = join(runDir, 'zoo-plan.json');
  const kept = await readPlan(path, planFileSchema);
  if (kept !== null || first === undefined) return choice(kept ?? { runs: 1, others: 1 });
  const ms =
    (await msPerUpdate(first, task, {
      networks: TIMED_NETWORKS,
      training,
      seed: 0,
      engine,
      signal,
    })) / TIMED_NETWORKS;
  const affordable = (SHARES.zoo * budgetMs) / (ms * fullUpdates(task, training));
  // Half as many of each other one as of the usual one.
  const runs = affordable / (1 + (HIDDEN.length - 1) / 2);
  const plan = {
    runs: within(runs, USUAL_RUNS),
    others: within(runs / 2, OTHER_RUNS),
  };
  await writeFileAtomic(path, `${JSON.stringify(plan)}\n`);
  return choice(plan);

  function choice({ runs: most, others }: z.infer<typeof planFileSchema>): ZooChoice {
    return {
      training,
      architectures: architectures.map((arch, index) => ({
        architecture: arch,
        runs: index === 0 ? most : others,
      })),
    };
  }
}

export interface PlanOptions {
  readonly runDir: string;
  readonly budgetMs: number;
  readonly engine: Engine;
  readonly signal: AbortSignal;
}

/** What training takes. */
export interface UpdateTime {
  /** Before the first updates: sessions are opened. */
  readonly openMs: number;
  readonly msPerUpdate: number;
}

/**
 * The updates of the flow that fit into the time that is left; a run that is continued keeps its
 * choice.
 *
 * @param leftMs - asked for after the time has been measured
 */
export async function chooseSteps(
  runDir: string,
  leftMs: () => number,
  time: () => Promise<UpdateTime>,
): Promise<number> {
  const path = join(runDir, 'flow-plan.json');
  const kept = await readPlan(path, stepsFileSchema);
  if (kept !== null) return kept.steps;
  const { openMs, msPerUpdate } = await time();
  const steps = within((leftMs() - openMs) / msPerUpdate, FLOW_STEPS);
  await writeFileAtomic(path, `${JSON.stringify({ steps })}\n`);
  return steps;
}

function within(value: number, { min, max }: { readonly min: number; readonly max: number }) {
  return Math.min(Math.max(Math.floor(value), min), max);
}

/** Null for a file that is missing or damaged: it is only a choice, which can be made anew. */
async function readPlan<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  const text = await readTextIfPresent(path);
  if (text === null) return null;
  try {
    return schema.parse(parseJson(text));
  } catch {
    return null;
  }
}
