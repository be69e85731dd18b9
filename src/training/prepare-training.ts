import { WeightspringError } from '../errors.js';
import type { Coordinates } from '../flow/coordinates.js';
import { fitCoordinates, fittingUnits } from '../flow/fit-coordinates.js';
import type { InputMetric } from '../flow/input-metric.js';
import { reducePopulation, whitenRows, whiteningUnits } from '../flow/reduced-data.js';
import { standardisePopulation, type StandardisedGroup } from '../flow/standardise-population.js';
import type { PopulationGroup } from '../flow/tensor-scales.js';
import { isLayered, type Architecture } from '../network/architecture.js';
import { PacedWork, type Watcher } from '../pace.js';
import { createVelocityNetwork } from '../velocity/create-velocity-network.js';
import type { VelocityNetwork } from '../velocity/velocity-network.js';
import type { BehaviourRows } from './flow-batches.js';
import {
  checkRecipe,
  type BehaviourConfig,
  type FlowTrainingConfig,
  type RecipeData,
} from './flow-training-config.js';
import type { Teaching } from './teacher.js';

export interface PreparationOptions extends RecipeData {
  /** Of the input metric above, if any. Default: fitted to the population. */
  readonly coordinates?: Coordinates | undefined;
}

/** What batches are drawn from; the same for the same population and configuration. */
export interface PreparedTraining {
  readonly coordinates: Coordinates;
  /** Without groups that have no networks. */
  readonly population: readonly StandardisedGroup[];
  /** Of the runs that are held out; empty where there are none. */
  readonly heldOut: readonly StandardisedGroup[];
  /** Where the configuration has a behaviour loss. */
  readonly behaviour: BehaviourRows | undefined;
  /** Where the configuration makes a flow map. */
  readonly teaching: Teaching | undefined;
}

/**
 * Takes a population and data to where the flow is trained: reduces networks and rows if there is an
 * input metric, fits the coordinates to the networks that are not held out, and standardises all.
 *
 * @param watcher - hears of networks and rows; may stop between two of them
 * @throws WeightspringError `invalid-argument` for choices that do not go together,
 * `unsupported-architecture` for networks that the velocity network does not serve, `cancelled`, and
 * as {@link fitCoordinates}
 */
export async function prepareTraining(
  population: readonly PopulationGroup[],
  config: FlowTrainingConfig,
  options: PreparationOptions,
  watcher: Watcher = {},
): Promise<PreparedTraining> {
  checkRecipe(config, options);
  const { inputMetric, teacher } = options;
  const network = createVelocityNetwork(config.velocity);
  for (const { architecture } of population) {
    assertTrainable(network, inputMetric?.reducedArchitecture(architecture) ?? architecture);
  }
  const withNetworks = ({ networks }: PopulationGroup): boolean => networks.length > 0;
  const groups = population.filter(withNetworks);
  const heldOut = (options.heldOut ?? []).filter(withNetworks);
  const rows = config.behaviour === undefined ? undefined : options.rows;
  const work = new PacedWork(unitsOf(groups, config, { ...options, rows, heldOut }), watcher);
  const reduced = async (its: readonly PopulationGroup[]): Promise<readonly PopulationGroup[]> =>
    inputMetric === undefined ? its : reducePopulation(its, inputMetric, work);
  const networks = await reduced(groups);
  const fitted =
    options.coordinates ?? (await fitCoordinates(networks, config.geometry, config, work));
  const ofPoints = { ...fitted, inputMetric: undefined };
  const points = await standardisePopulation(networks, ofPoints, work);
  const behaviour =
    config.behaviour && rows && (await behaviourOf(rows, config.behaviour, inputMetric, work));
  return {
    coordinates: inputMetric === undefined ? fitted : { ...fitted, inputMetric },
    population: points,
    heldOut: await standardisePopulation(await reduced(heldOut), ofPoints, work),
    behaviour,
    teaching: config.distil &&
      teacher && { teacher, steps: config.distil.steps, grid: config.distil.grid },
  };
}

async function behaviourOf(
  inputs: Float32Array,
  { rows }: BehaviourConfig,
  metric: InputMetric | undefined,
  work: PacedWork,
): Promise<BehaviourRows> {
  if (metric === undefined) return { inputs, rows };
  if (metric.patches === undefined) return { inputs: await whitenRows(inputs, metric, work), rows };
  return { inputs, rows, metric: { moments: metric.moments, patches: metric.patches } };
}

/** @throws WeightspringError `unsupported-architecture`, with what would do */
function assertTrainable({ served }: VelocityNetwork, arch: Architecture): void {
  try {
    served.assertServed(arch);
  } catch (error) {
    if (!(error instanceof WeightspringError) || isLayered(arch)) throw error;
    const message = `${error.message}; train on a zoo of perceptrons, which can be drawn`;
    throw new WeightspringError(error.code, message, { field: 'architecture.nodes', cause: error });
  }
}

function unitsOf(
  groups: readonly PopulationGroup[],
  config: FlowTrainingConfig,
  { inputMetric, coordinates, rows, heldOut = [] }: PreparationOptions,
): number {
  const count = (its: readonly PopulationGroup[]): number =>
    its.reduce((sum, group) => sum + group.networks.length, 0);
  const reducing = inputMetric === undefined ? 0 : 1;
  const fitting = coordinates === undefined ? fittingUnits(config) : 0;
  const white =
    inputMetric === undefined || inputMetric.patches !== undefined || rows === undefined
      ? 0
      : whiteningUnits(rows, inputMetric.features);
  return count(groups) * (reducing + fitting + 1) + count(heldOut) * (reducing + 1) + white;
}
