import { architectureKey, architectureName, type Architecture } from '../network/architecture.js';
import { architectureFields } from '../network/architecture-fields.js';
import { networkOf } from '../network/network.js';
import { ensure, WeightspringError } from '../errors.js';
import type { Stochasticity } from '../flow/stochasticity.js';
import { checkGuide } from './check-guide.js';
import type { DrawJob } from './sample-job.js';
import type { FlowBounds, FlowSummary } from '../flows/flow-summary.js';
import type { FlowFigure } from '../flows/flow-figures.js';
import { jobOperations, largestFitting } from '../flows/planned-cost.js';
import { activationName, boundsOf, failureOf, isExtrapolated } from '../flows/served-region.js';

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
export interface Drawable {
  readonly bounds: Pick<FlowBounds, 'width' | 'totalWeights'>;
  readonly steps: { readonly max: number };
}

/** What is known of a job that a flow serves. */
export interface ServedJob {
  /** Whether its architecture lies outside the hull of the flow's zoo. */
  readonly extrapolated: boolean;
}

/**
 * Checks that a flow serves a job, without allocating anything. What was measured to fail is
 * refused; {@link checkDrawable} accepts it.
 *
 * @throws WeightspringError `unsupported-architecture` or `invalid-argument`, naming the field
 */
export function checkJob(flow: FlowSummary, job: DrawJob): ServedJob {
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
  return { extrapolated: isExtrapolated(flow, architecture) };
}

/**
 * Checks that a flow can draw a job's networks, whether good or not: enough to measure them.
 *
 * @param drawable - default: what the flow serves
 * @throws WeightspringError as {@link checkJob}
 */
export function checkDrawable(
  flow: FlowSummary,
  job: DrawJob,
  { bounds, steps }: Drawable = flow,
): void {
  checkEnds(flow, job.architecture);
  checkFamily(flow, job.architecture);
  checkSizes(flow, job.architecture, bounds);
  ensure(
    job.steps >= 1 && job.steps <= steps.max,
    'invalid-argument',
    () => `flow ${flow.name} takes ${flow.steps.min} to ${flow.steps.max} steps, got ${job.steps}`,
    'steps',
  );
  checkStochasticity(job.stochasticity);
  if (job.guide !== undefined) checkGuide(flow, job.guide);
}

function refusal(flow: FlowSummary, arch: Architecture, failure: FlowFigure): WeightspringError {
  const { samples, accuracy, trainedAccuracy, judgement } = failure;
  const broken = Math.round((judgement?.broken ?? 0) * samples);
  const trained =
    trainedAccuracy === null ? '' : ` where trained ones have ${trainedAccuracy.toFixed(3)}`;
  const { width, zoo } = boundsOf(flow.bounds.depths, arch) ?? {};
  const served = width === undefined ? '' : `; it serves widths from ${width.min} to ${width.max}`;
  const known = zoo ? `, and its zoo has ${zoo.min} to ${zoo.max}` : '';
  const hidden = networkOf(arch).groups.length;
  const depth = `${hidden} hidden ${hidden === 1 ? 'layer' : 'layers'}`;
  return new WeightspringError(
    'unsupported-architecture',
    `flow ${flow.name} does not serve ${architectureName(arch)}: ${samples} networks ` +
      `${architectureName(failure)} were measured to fail, with a mean accuracy of ` +
      `${accuracy.mean.toFixed(3)} and ${accuracy.min.toFixed(3)} at worst${trained}` +
      (broken > 0 ? `, ${broken} of them broken` : '') +
      `${served}${known} with ${depth}`,
    { field: architectureFields(arch).whole },
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
 * Checks that a job costs no more than the limits allow, without allocating anything.
 *
 * @throws WeightspringError `too-large`, naming the field to reduce and a value that fits
 */
export function checkCost(flow: FlowSummary, job: DrawJob, limits: JobLimits): void {
  const operations = jobOperations(flow, job);
  if (operations > limits.maxOperations) throw tooCostly(flow, job, operations, limits);
  const weights = networkOf(job.architecture).parameters;
  const { count } = job;
  const [field, least] = countField(job);
  ensure(
    4 * count * weights <= limits.maxBytes,
    'too-large',
    () =>
      `${count} networks of ${weights} weights take ${4 * count * weights} bytes, ` +
      `more than the ${limits.maxBytes} of one answer`,
    count > least && 4 * least * weights <= limits.maxBytes
      ? field
      : architectureFields(job.architecture).whole,
  );
}

function tooCostly(
  flow: FlowSummary,
  job: DrawJob,
  operations: number,
  { maxOperations }: JobLimits,
): WeightspringError {
  const [countedAs, least] = countField(job);
  const count = largestFitting(flow, job, 'count', maxOperations);
  const steps = largestFitting(flow, job, 'steps', maxOperations);
  const ways = [
    ...(count >= least ? [`${countedAs === 'count' ? 'a' : 'an'} ${countedAs} of ${count}`] : []),
    ...(steps > 0 ? [`${steps} ${steps === 1 ? 'step' : 'steps'}`] : []),
  ];
  const { whole } = architectureFields(job.architecture);
  const field = count >= least ? countedAs : steps > 0 ? 'steps' : whole;
  return new WeightspringError(
    'too-large',
    `the networks take some ${operations.toPrecision(2)} operations, more than the ` +
      `${maxOperations.toPrecision(2)} of one request: ` +
      (ways.length > 0 ? `${ways.join(' or ')} would do` : 'choose narrower layers'),
    { field },
  );
}

/** The field by which a request says how many networks it wants, and its smallest value. */
function countField({ ensemble }: DrawJob): readonly ['count' | 'ensemble', number] {
  return ensemble === undefined ? ['count', 1] : ['ensemble', 2];
}

function checkEnds({ name, inputs, outputs }: FlowSummary, arch: Architecture): void {
  const network = networkOf(arch);
  const fields = architectureFields(arch);
  ensure(
    network.inputs === inputs,
    'unsupported-architecture',
    () => `flow ${name} makes networks of ${inputs} inputs, got ${network.inputs}`,
    fields.input,
  );
  ensure(
    network.outputs === outputs,
    'unsupported-architecture',
    () => `flow ${name} makes networks of ${outputs} outputs, got ${network.outputs}`,
    fields.output,
  );
}

function checkFamily({ name, bounds: { depths } }: FlowSummary, arch: Architecture): void {
  const { family } = networkOf(arch);
  const families = new Set(depths.map((served) => served.family));
  const layers = [...new Set(depths.map(({ hiddenLayers }) => hiddenLayers))];
  ensure(
    families.has(family.key),
    'unsupported-architecture',
    () =>
      `flow ${name} makes networks of ${layers.join(', ').replace(/, ([^,]*)$/, ' or $1')} hidden ` +
      `layers, ${[...families].join(', ')}: got ${architectureKey(arch)}`,
    architectureFields(arch).whole,
  );
  ensure(
    boundsOf(depths, arch) !== undefined,
    'unsupported-architecture',
    () => {
      const known = depths.filter((served) => served.family === family.key);
      const names = known.map(({ activation }) => activation).join(' or ');
      return `flow ${name} makes networks ${family.key} with ${names}, got ${activationName(arch)}`;
    },
    architectureFields(arch).activation,
  );
}

function checkSizes(
  { name }: FlowSummary,
  arch: Architecture,
  { width, totalWeights }: Drawable['bounds'],
): void {
  const { groups, parameters } = networkOf(arch);
  const fields = architectureFields(arch);
  groups.forEach(({ size }, index) => {
    ensure(
      size >= width.min && size <= width.max,
      'unsupported-architecture',
      () => `flow ${name} makes hidden layers of width ${width.min} to ${width.max}, got ${size}`,
      fields.group(index),
    );
  });
  ensure(
    parameters <= totalWeights.max,
    'unsupported-architecture',
    () =>
      `flow ${name} makes networks of at most ${totalWeights.max} weights, ` +
      `got ${parameters} for ${architectureName(arch)}`,
    fields.whole,
  );
}
