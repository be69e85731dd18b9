import type { Command } from 'commander';
import { ensure } from '../errors.js';
import { openFlow, type OpenedFlow } from '../flows/flow-store.js';
import type { FlowTeacher } from '../sampling/flow-teacher.js';
import type { FlowTrainingConfig } from '../training/train-flow.js';
import { velocityDefaults, VELOCITY_KINDS } from '../velocity/registry.js';
import type { Zoo } from '../zoo/zoo.js';
import { openProvider } from './device.js';
import type { TrainFlags } from './train-flags.js';

/** The options that a teacher decides, beside those of its velocity network. */
const DECIDED = ['velocity', 'geometry', 'prediction', 'skip', 'prior', 'inputMetric'] as const;

/**
 * The flow that `--distil` names.
 *
 * @throws WeightspringError `invalid-argument` for an option that it decides, and for a flow of other
 *   data than the zoo's; as `openFlow`
 */
export async function openTeacher(
  { distil }: TrainFlags,
  command: Command,
  { header }: Zoo,
): Promise<OpenedFlow | undefined> {
  if (distil === undefined) return undefined;
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

/** The configuration of a training whose flow map is distilled from a flow. */
export function taughtConfig(
  config: FlowTrainingConfig,
  { config: flow, configSha256 }: OpenedFlow,
  steps: number,
): FlowTrainingConfig {
  const { geometry, velocity, prediction, skip, prior, inputMetric } = flow;
  const { loss, coupling, times, schedule, batchSize, learningRate, seed, behaviour } = config;
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
    ...(skip === undefined ? {} : { skip }),
    ...(prior === undefined ? {} : { prior }),
    ...(inputMetric === undefined ? {} : { inputMetric: inputMetric.rank }),
    ...(behaviour === undefined ? {} : { behaviour }),
    distil: { teacher: flow.name, configSha256, steps },
  };
}

/** Computes where the flow leads, on the device of the training where that is one of onnxruntime. */
export async function teacherOf(
  flow: OpenedFlow,
  { engine, device }: Pick<TrainFlags, 'engine' | 'device'>,
): Promise<FlowTeacher> {
  // Loads onnxruntime.
  const { FlowTeacher } = await import('../sampling/flow-teacher.js');
  const provider = engine === 'ort' ? await openProvider(device) : 'cpu';
  return FlowTeacher.open(flow, { provider });
}
