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

/** What computing one element costs beside one operation of a matrix product (decision 0019). */
const ELEMENT_OPERATIONS = 40;
/** What running one node costs, however small. */
const NODE_OPERATIONS = 100_000;
/** Planned operations that one core of the machine of decision 0019 does in a second. */
const OPERATIONS_PER_SECOND = 8e10;
/** By how much slower a core may be, for its kind or for its other work. */
const MARGIN = 4;

/** What decides the cost of a job. */
export interface CostlyJob {
  readonly architecture: Architecture;
  readonly count: number;
  readonly solver: Solver;
  readonly steps: number;
}

/**
 * Planned operations of one run of a graph, a polynomial in its symbols: those of its matrix
 * products, and all else at its measured price in such operations.
 */
export function plannedOperations(model: OnnxModel): Dim {
  const { products, elements, nodes } = countOperations(model);
  return addDims(products, multiplyDims(ELEMENT_OPERATIONS, elements), NODE_OPERATIONS * nodes);
}

/** Planned operations that are sure to be done in a time, on one core. */
export function operationsWithin(durationMs: number): number {
  return ((durationMs / 1000) * OPERATIONS_PER_SECOND) / MARGIN;
}

/**
 * Planned operations of a job: evaluations of the velocity network times those of one.
 *
 * @throws WeightspringError `unsupported-architecture` for a family that the flow does not know
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

/** The largest value of one quantity of a job, from 1 to its own, that keeps to a limit; 0 for none. */
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
