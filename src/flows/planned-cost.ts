import { architectureFields } from '../network/architecture-fields.js';
import type { Architecture } from '../network/architecture.js';
import { familySizes } from '../network/family.js';
import { networkOf } from '../network/network.js';
import { ensure } from '../errors.js';
import { evaluationsOf, type Solver } from '../flow/solvers/solver.js';
import type { Dim } from '../onnx/dim.js';
import { dimValue, type DimValues } from '../onnx/dim-value.js';
import type { FlowSummary } from './flow-summary.js';
import { GUIDED_EVALUATIONS, guidanceOperations } from './guidance-cost.js';
import { activeGuide, guideParts, type Guide } from './guide.js';

/** Planned operations per second and core on the machine of decision 0019. */
const OPERATIONS_PER_SECOND = 8e10;
/** How many times slower a core may be, by its type or other load. */
const MARGIN = 4;

/** What determines the cost of a job. */
export interface CostlyJob {
  readonly architecture: Architecture;
  readonly count: number;
  readonly solver: Solver;
  readonly steps: number;
  readonly guide?: Guide | undefined;
}

/** Planned operations that one core certainly does in a time. */
export function operationsWithin(durationMs: number): number {
  return ((durationMs / 1000) * OPERATIONS_PER_SECOND) / MARGIN;
}

/**
 * Planned operations of a job: evaluations of the velocity times those of one, which with a guide
 * has a gradient in it.
 *
 * @throws WeightspringError `unsupported-architecture` for an unknown family
 */
export function jobOperations(
  flow: Pick<FlowSummary, 'name' | 'operations'>,
  job: CostlyJob,
): number {
  const network = networkOf(job.architecture);
  const evaluation = flow.operations[network.family.key];
  ensure(
    evaluation !== undefined,
    'unsupported-architecture',
    () =>
      `flow ${flow.name} makes networks like ${Object.keys(flow.operations).join(', ')}, got ` +
      network.key,
    architectureFields(job.architecture).whole,
  );
  const sizes = { batch: job.count, ...familySizes(network) };
  return evaluationsOf(job.solver, job.steps) * evaluationOperations(job, evaluation, sizes);
}

function evaluationOperations(job: CostlyJob, evaluation: Dim, sizes: DimValues): number {
  const ofNetwork = dimValue(evaluation, sizes);
  const guide = activeGuide(job);
  if (guide === undefined) return ofNetwork;
  const { rows } = guideParts(guide);
  const ofGradient = dimValue(guidanceOperations(job.architecture), { ...sizes, rows });
  return GUIDED_EVALUATIONS[guide.form] * ofNetwork + guide.gradients * ofGradient;
}

/** The largest value of one quantity, from 1 to the job's own, within a limit; 0 if there is none. */
export function largestFitting(
  flow: Pick<FlowSummary, 'name' | 'operations'>,
  job: CostlyJob,
  field: 'count' | 'steps',
  limit: number,
): number {
  let fitting = 0;
  let beyond = job[field] + 1;
  while (beyond - fitting > 1) {
    const middle = Math.floor((fitting + beyond) / 2);
    if (jobOperations(flow, { ...job, [field]: middle }) <= limit) fitting = middle;
    else beyond = middle;
  }
  return fitting;
}
