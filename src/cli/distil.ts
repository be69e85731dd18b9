import type { Command } from 'commander';
import { ensure } from '../errors.js';
import { openFlow, type OpenedFlow } from '../flows/flow-store.js';
import type { FlowTeacher } from '../sampling/flow-teacher.js';
import type { FlowTrainingConfig } from '../training/flow-training-config.js';
import { velocityDefaults, VELOCITY_KINDS } from '../velocity/registry.js';
import type { Zoo } from '../zoo/zoo.js';
import { behaviourOf, chosenBehaviour } from './behaviour-options.js';
import { openProvider } from './device.js';
import type { GivenFlags, TrainFlags } from './train-flags.js';

/** The options that a teacher decides, beside those of its velocity network. */
const DECIDED = ['velocity', 'geometry', 'prediction', 'skip', 'prior', 'inputMetric'] as const;

/**
 * @throws WeightspringError `invalid-argument` for an option that the flow of `--distil` decides, or
 * that is for other trainings
 */
export function checkTeacherOptions({ distil, heldOut }: GivenFlags, command: Command): void {
  if (distil === undefined) return;
  ensure(
    heldOut === 0,
    'invalid-argument',
    () =>
      '--held-out: expected none with --distil, whose flow learns from its teacher: leave it out',
    '--held-out',
  );
  const sizes = VELOCITY_KINDS.flatMap((kind) => Object.keys(velocityDefaults(kind)));
  for (const name of [...DECIDED, ...sizes]) {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    ensure(
      command.getOptionValueSource(name) !== 'cli',
      'invalid-argument',
      () => `${flag} is decided by the flow that --distil names: leave it out`,
      flag,
    );
  }
}

/**
 * The flow that `--distil` names, if any.
 *
 * @throws WeightspringError `invalid-argument` for a flow of other data than the zoo's; as `openFlow`
 */
export async function openDistilled(
  { distil }: TrainFlags,
  { header }: Zoo,
): Promise<OpenedFlow | undefined> {
  if (distil === undefined) return undefined;
  const flow = await openFlow(distil);
  const { name, task, featureNames } = flow.config;
  ensure(
    task === header.task && featureNames.length === header.data.featureNames.length,
    'invalid-argument',
    () => `--distil: expected a flow of '${header.task}', as the zoo is, got '${task}' (${name})`,
    '--distil',
  );
  return flow;
}

/**
 * The configuration of a training that distils a flow: its points, network and, unless the options
 * say otherwise, behaviour loss are those of the flow.
 */
export function taughtConfig(
  config: FlowTrainingConfig,
  { config: flow, configSha256 }: OpenedFlow,
  flags: TrainFlags,
): FlowTrainingConfig {
  const { geometry, velocity, prediction, skip, prior, inputMetric } = flow;
  const { loss, lossMean, coupling, times, schedule, batchSize, learningRate, seed } = config;
  const { weightDecay, clipNorm, averageDecay } = config;
  return {
    geometry,
    velocity,
    prediction,
    loss,
    coupling,
    times,
    batchSize,
    steps: config.steps,
    learningRate,
    schedule,
    weightDecay,
    clipNorm,
    averageDecay,
    seed,
    ...(lossMean === undefined ? {} : { lossMean }),
    ...(skip === undefined ? {} : { skip }),
    ...(prior === undefined ? {} : { prior }),
    ...(inputMetric === undefined ? {} : { inputMetric: inputMetric.rank }),
    ...chosenBehaviour(flags, behaviourOf(flow)),
    distil: {
      teacher: flow.name,
      configSha256,
      steps: flags.distilSteps,
      ...(flow.timeGrid === 'uniform' ? {} : { grid: flow.timeGrid }),
    },
  };
}

/** Computes where the flow leads, on the device of the training where that is one of onnxruntime. */
export async function openTeacher(
  flow: OpenedFlow,
  { engine, device, threads }: TrainFlags,
): Promise<FlowTeacher> {
  // Loads onnxruntime.
  const { FlowTeacher } = await import('../sampling/flow-teacher.js');
  const provider = engine === 'ort' ? await openProvider(device) : 'cpu';
  return FlowTeacher.open(flow, { provider, threads });
}
