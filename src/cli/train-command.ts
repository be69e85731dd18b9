import type { Command } from 'commander';
import { claimFolder } from '../files/claim-folder.js';
import { checkWritableFolder } from '../files/write-target.js';
import { sharedPatches } from '../flow/image-patches.js';
import { checkNewFlow } from '../flows/check-new-flow.js';
import type { OpenedFlow } from '../flows/flow-store.js';
import { ensureServable } from '../flows/velocity-schema.js';
import type { FlowTrainingConfig } from '../training/flow-training-config.js';
import { partData } from '../zoo/prepared-task.js';
import type { Zoo } from '../zoo/zoo.js';
import { readZoo } from '../zoo/zoo-file.js';
import { checkTeacherOptions, openDistilled, taughtConfig } from './distil.js';
import { shownTrainingMetric } from './input-metric.js';
import { lockRun } from './lock-run.js';
import { say } from './output.js';
import { interruptSignal } from './signals.js';
import { storeFlow } from './store-run.js';
import { withTrainDefaults, type ZooInputs } from './train-defaults.js';
import { addTrainOptions, type GivenFlags, type TrainFlags } from './train-flags.js';
import { mostDirections, splitByFlags, trainingConfig, trainOn } from './train-on-zoo.js';
import { networkOf } from '../network/network.js';
import { zooTask } from './zoo-task.js';

/** `weightspring train`. */
export function addTrainCommand(program: Command): void {
  const command = program
    .command('train')
    .description('train a flow on a zoo; the same command continues a run that was stopped');
  addTrainOptions(command).action(trainCommand);
}

async function trainCommand(given: GivenFlags, command: Command): Promise<void> {
  const signal = interruptSignal(() => {
    say('stopping after this step; the same command continues');
  });
  checkNewFlow({ name: given.name, folder: given.out, description: given.description });
  checkTeacherOptions(given, command);
  await checkWritableFolder(given.out);
  await checkWritableFolder(given.runDir);
  const zoo = await readZoo(given.zoo);
  const flags: TrainFlags = withTrainDefaults(given, {
    features: zoo.header.data.featureNames.length,
    images: imagesOf(zoo),
  });
  const split = splitByFlags(zoo, flags);
  const flow = await openDistilled(flags, zoo);
  const coordinates = flow?.coordinates;
  const { inputMetric: choice, runDir } = flags;
  const configOf = (rank: number | undefined): FlowTrainingConfig =>
    servableConfig(flags, zoo, flow, rank);
  if (choice !== 'auto') configOf(choice === 'none' ? coordinates?.inputMetric?.rank : choice);
  const task = await zooTask(zoo, flags, signal);
  const lock = await lockRun(runDir);
  try {
    const most = mostDirections(flags, zoo);
    const inputMetric =
      choice === 'none'
        ? coordinates?.inputMetric
        : await shownTrainingMetric({ choice, zoo, task, most, runDir, signal });
    const config = configOf(inputMetric?.rank);
    await claimFolder(runDir, {
      config,
      data: zoo.header.data.sha256,
      zooSeed: zoo.header.seed,
    });
    const rows = config.behaviour && partData(task, 'train').features;
    const data = { inputMetric, rows, coordinates, flow };
    const { trained, engine } = await trainOn(split, config, data, flags, signal);
    const heldOutRuns = split.runs;
    await storeFlow(flags, { zoo, task, config, trained, engine, heldOutRuns, signal });
  } finally {
    lock.release();
  }
}

/** Undefined for networks that read rows of features. */
function imagesOf({ architectures }: Zoo): ZooInputs['images'] {
  if (architectures.every((arch) => networkOf(arch).graph.input.length === 1)) return undefined;
  return { havePatches: sharedPatches(architectures) !== null };
}

/** @throws WeightspringError `too-large` for a flow that could not be served after its training */
function servableConfig(
  flags: TrainFlags,
  zoo: Zoo,
  flow: OpenedFlow | undefined,
  rank: number | undefined,
): FlowTrainingConfig {
  const chosen = trainingConfig(flags, zoo, rank);
  const config = flow === undefined ? chosen : taughtConfig(chosen, flow, flags);
  ensureServable(config.velocity, config.geometry, flow !== undefined);
  return config;
}
