import { InvalidArgumentError, Option, type Command } from 'commander';
import type { FlowSize, ScalingBudget } from '../experiments/scaling/budget.js';
import { integerParser, parsePath } from './options.js';

/** What the command line may change of the budget, beside the number of samples. */
export interface ScalingFlags {
  readonly zoo: string;
  readonly zooSizes?: readonly number[];
  readonly updateCounts?: readonly number[];
  readonly flowSizes?: readonly FlowSize[];
  readonly heldOut?: number;
}

/** The options of `experiment scaling` that are its own. */
export function addScalingOptions(command: Command): Command {
  return command
    .requiredOption('--zoo <file>', 'zoo whose first runs flows are trained on', parsePath)
    .option('--zoo-sizes <list>', 'runs, such as 10,30,100', listOf(integerParser(2, 1_000_000)))
    .option(
      '--update-counts <list>',
      'updates of a training, such as 300,1000',
      listOf(integerParser(1, 1_000_000)),
    )
    .addOption(
      new Option(
        '--flow-sizes <list>',
        'token width and blocks of velocity networks, such as 96x2,192x3',
      ).argParser(listOf(parseFlowSize)),
    )
    .option(
      '--held-out <integer>',
      'runs outside all trainings, as far as the zoo has them',
      integerParser(0, 1_000_000),
    );
}

/** The fields of a budget that flags name. */
export function scalingChoices({
  zooSizes,
  updateCounts,
  flowSizes,
  heldOut,
}: ScalingFlags): Partial<ScalingBudget> {
  return {
    ...(zooSizes === undefined ? {} : { zooSizes }),
    ...(updateCounts === undefined ? {} : { updateCounts }),
    ...(flowSizes === undefined ? {} : { flowSizes }),
    ...(heldOut === undefined ? {} : { heldOut }),
  };
}

/** The same choices as they are written on the command line. */
export function scalingWords({
  zooSizes,
  updateCounts,
  flowSizes,
  heldOut,
}: ScalingFlags): readonly string[] {
  const sizes = flowSizes?.map(({ width, blocks }) => `${width}x${blocks}`);
  return [
    ...(zooSizes === undefined ? [] : [`--zoo-sizes ${zooSizes.join(',')}`]),
    ...(updateCounts === undefined ? [] : [`--update-counts ${updateCounts.join(',')}`]),
    ...(sizes === undefined ? [] : [`--flow-sizes ${sizes.join(',')}`]),
    ...(heldOut === undefined ? [] : [`--held-out ${heldOut}`]),
  ];
}

function listOf<T>(parse: (text: string) => T): (text: string) => readonly T[] {
  return (text) => {
    const parts = text.split(',');
    if (new Set(parts).size === parts.length) return parts.map(parse);
    throw new InvalidArgumentError(`expected different values, got '${text}'`);
  };
}

function parseFlowSize(text: string): FlowSize {
  const [, width, blocks] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (width === undefined || blocks === undefined) {
    throw new InvalidArgumentError(`expected a width and blocks such as 96x2, got '${text}'`);
  }
  return { width: integerParser(1, 65_536)(width), blocks: integerParser(1, 1000)(blocks) };
}
