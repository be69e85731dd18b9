import { architectureFields } from '../network/architecture-fields.js';
import type { Architecture } from '../network/architecture.js';
import { familySizes } from '../network/family.js';
import { networkOf } from '../network/network.js';
import { ensure } from '../errors.js';
import { evaluationsOf, type Solver } from '../flow/solvers/solver.js';
import { addDims, multiplyDims, type Dim } from '../onnx/dim.js';
import { dimValue } from '../onnx/dim-value.js';
import type { OnnxModel } from '../onnx/graph.js';
import { countOperations } from '../onnx/operation-count.js';
import type { FlowSummary } from './flow-summary.js';

/** Cost of computing one element, in operations of a matrix product (decision 0019). */
const ELEMENT_OPERATIONS = 40;
/** Fixed cost of running a node. */
const NODE_OPERATIONS = 100_000;
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
}

/**
 * Planned operations of one run of a graph, a polynomial in its symbols: those of its matrix
 * products, and everything else converted by its measured cost.
 */
export function plannedOperations(model: OnnxModel): Dim {
  const { products, elements, nodes } = countOperations(model);
  return addDims(products, multiplyDims(ELEMENT_OPERATIONS, elements), NODE_OPERATIONS * nodes);
}

/** Planned operations that one core certainly does in a time. */
export function operationsWithin(durationMs: number): number {
  return ((durationMs / 1000) * OPERATIONS_PER_SECOND) / MARGIN;
}

/**
 * Planned operations of a job: evaluations of the velocity network times those of one.
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
  return evaluationsOf(job.solver, job.steps) * dimValue(evaluation, sizes);
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
