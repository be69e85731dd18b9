import {
  formatLayers,
  hiddenWidths,
  parameterCount,
  type Architecture,
} from '../network/architecture.js';
import { ensure, WeightspringError } from '../errors.js';
import type { Stochasticity } from '../flow/stochasticity.js';
import type { DrawJob } from './sample-job.js';
import type { FlowBounds, FlowSummary } from '../flows/flow-summary.js';
import type { FlowFigure } from '../flows/flow-figures.js';
import { jobOperations, largestFitting } from '../flows/planned-cost.js';
import { boundsOf, failureOf } from '../flows/served-region.js';

/** Coordinates have unit variance: more noise than this drowns every network. */
const MAX_STRENGTH = 10;

/** How much one job may ask for. */
export interface JobLimits {
  /** Planned operations: evaluations of the velocity network × operations of one. */
  readonly maxOperations: number;
  /** count × weights of a network × 4, in bytes. */
  readonly maxBytes: number;
}

/** Which networks a flow can draw at all. */
export type DrawableBounds = Pick<FlowBounds, 'hiddenLayers' | 'width' | 'totalWeights'>;

/**
 * Checks that a flow serves a job, from its numbers alone: nothing is allocated. What was measured
 * to fail is refused; {@link checkDrawable} lets it through.
 *
 * @throws WeightspringError `unsupported-architecture` or `invalid-argument`, naming the field
 */
export function checkJob(flow: FlowSummary, job: DrawJob): void {
  const { architecture, steps } = job;
  checkEnds(flow, architecture);
  const failure = failureOf(flow, architecture);
  if (failure !== undefined) throw refusal(flow, architecture, failure);
  checkDrawable(flow, job);
  ensure(
    steps >= flow.steps.min,
    'invalid-argument',
    () =>
      `flow ${flow.name} takes ${flow.steps.min} to ${flow.steps.max} steps, got ${steps}: with ` +
      'so few its networks were measured to fail',
    'steps',
  );
}

/**
 * Checks that a flow can draw a job's networks, however good they are: what measuring them asks for.
 *
 * @param bounds - default: those that the flow serves
 * @throws WeightspringError as {@link checkJob}
 */
export function checkDrawable(
  flow: FlowSummary,
  job: DrawJob,
  bounds: DrawableBounds = flow.bounds,
): void {
  checkEnds(flow, job.architecture);
  checkHiddenLayers(flow, job.architecture, bounds);
  const { activation } = job.architecture;
  ensure(
    flow.activations.includes(activation),
    'unsupported-architecture',
    () =>
      `flow ${flow.name} knows the activations ${flow.activations.join(', ')}, got ${activation}`,
    'architecture.activation',
  );
  ensure(
    job.steps >= 1 && job.steps <= flow.steps.max,
    'invalid-argument',
    () => `flow ${flow.name} takes ${flow.steps.min} to ${flow.steps.max} steps, got ${job.steps}`,
    'steps',
  );
  checkStochasticity(job.stochasticity);
}

function refusal(flow: FlowSummary, arch: Architecture, failure: FlowFigure): WeightspringError {
  const { layers, samples, accuracy, trainedAccuracy, judgement } = failure;
  const broken = Math.round((judgement?.broken ?? 0) * samples);
  const trained =
    trainedAccuracy === null ? '' : ` where trained ones have ${trainedAccuracy.toFixed(3)}`;
  const { width, zoo } = boundsOf(flow.bounds.depths, arch) ?? {};
  const served = width === undefined ? '' : `; it serves widths from ${width.min} to ${width.max}`;
  const known = zoo ? `, and its zoo has ${zoo.min} to ${zoo.max}` : '';
  const hidden = hiddenWidths(arch).length;
  const depth = `${hidden} hidden ${hidden === 1 ? 'layer' : 'layers'}`;
  return new WeightspringError(
    'unsupported-architecture',
    `flow ${flow.name} does not serve ${formatLayers(arch.layers)}: ${samples} networks ` +
      `${formatLayers(layers)} were measured to fail, with a mean accuracy of ` +
      `${accuracy.mean.toFixed(3)} and ${accuracy.min.toFixed(3)} at worst${trained}` +
      (broken > 0 ? `, ${broken} of them broken` : '') +
      `${served}${known} with ${depth}`,
    { field: 'architecture.layers' },
  );
}

function checkStochasticity({ strength, from, to }: Stochasticity): void {
  ensure(
    strength >= 0 && strength <= MAX_STRENGTH,
    'invalid-argument',
    () => `expected a strength of the noise from 0 to ${MAX_STRENGTH}, got ${strength}`,
    'stochasticity.strength',
  );
  ensure(
    from >= 0 && from <= to && to <= 1,
    'invalid-argument',
    () => `expected noise from one time in [0, 1] to a later one, got from ${from} to ${to}`,
    'stochasticity',
  );
}

/**
 * Checks that a job costs no more than the limits allow, from its numbers alone.
 *
 * @throws WeightspringError `too-large`, naming the field whose reduction helps, and what would do
 */
export function checkCost(flow: FlowSummary, job: DrawJob, limits: JobLimits): void {
  const operations = jobOperations(flow, job);
  if (operations > limits.maxOperations) throw tooCostly(flow, job, operations, limits);
  const weights = parameterCount(job.architecture);
  const { count } = job;
  ensure(
    4 * count * weights <= limits.maxBytes,
    'too-large',
    () =>
      `${count} networks of ${weights} weights take ${4 * count * weights} bytes, ` +
      `more than the ${limits.maxBytes} of one answer`,
    count > 1 && 4 * weights <= limits.maxBytes ? 'count' : 'architecture.layers',
  );
}

function tooCostly(
  flow: FlowSummary,
  job: DrawJob,
  operations: number,
  { maxOperations }: JobLimits,
): WeightspringError {
  const count = largestFitting(flow, job, 'count', maxOperations);
  const steps = largestFitting(flow, job, 'steps', maxOperations);
  const ways = [
    ...(count > 0 ? [`a count of ${count}`] : []),
    ...(steps > 0 ? [`${steps} ${steps === 1 ? 'step' : 'steps'}`] : []),
  ];
  const field = count > 0 ? 'count' : steps > 0 ? 'steps' : 'architecture.layers';
  return new WeightspringError(
    'too-large',
    `the networks take some ${operations.toPrecision(2)} operations, more than the ` +
      `${maxOperations.toPrecision(2)} of one request: ` +
      (ways.length > 0 ? `${ways.join(' or ')} would do` : 'choose narrower layers'),
    { field },
  );
}

function checkEnds({ name, inputs, outputs }: FlowSummary, { layers }: Architecture): void {
  const last = layers.length - 1;
  ensure(
    layers[0] === inputs,
    'unsupported-architecture',
    () => `flow ${name} makes networks of ${inputs} inputs, got ${String(layers[0])}`,
    'architecture.layers[0]',
  );
  ensure(
    layers[last] === outputs,
    'unsupported-architecture',
    () => `flow ${name} makes networks of ${outputs} outputs, got ${String(layers[last])}`,
    `architecture.layers[${last}]`,
  );
}

function checkHiddenLayers(
  { name, bounds: { depths } }: FlowSummary,
  architecture: Architecture,
  { hiddenLayers, width, totalWeights }: DrawableBounds,
): void {
  const hidden = hiddenWidths(architecture);
  ensure(
    depths.some((own) => own.hiddenLayers === hidden.length),
    'unsupported-architecture',
    () =>
      `flow ${name} makes networks of ${hiddenLayers.min} to ${hiddenLayers.max} hidden layers, ` +
      `got ${hidden.length}`,
    'architecture.layers',
  );
  hidden.forEach((size, index) => {
    ensure(
      size >= width.min && size <= width.max,
      'unsupported-architecture',
      () => `flow ${name} makes hidden layers of width ${width.min} to ${width.max}, got ${size}`,
      `architecture.layers[${index + 1}]`,
    );
  });
  const weights = parameterCount(architecture);
  ensure(
    weights <= totalWeights.max,
    'unsupported-architecture',
    () =>
      `flow ${name} makes networks of at most ${totalWeights.max} weights, ` +
      `got ${weights} for ${formatLayers(architecture.layers)}`,
    'architecture.layers',
  );
}
