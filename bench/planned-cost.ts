import { dimValue } from '../src/onnx/dim-value.js';
import { MemoryPlan } from '../src/onnx/memory-plan.js';
import { stepModel, type FlowDefinition } from '../src/flows/flow-graphs.js';
import { plannedOperations } from '../src/flows/planned-operations.js';
import { MAX_PLANNED_BYTES } from '../src/sampling/tiles.js';
import { bareRuns, openSession } from './runs.js';
import { median, medianTimesMs, processorMs } from './statistics.js';
import { FLOW, subjectParameters, VELOCITY, subjectSizes, subjectFamily } from './subject.js';

export interface PlannedCostFigures {
  /** Planned operations per second of processor time on one thread, in 10⁹. */
  readonly slowest: number;
  readonly median: number;
  readonly fastest: number;
}

const ARCHITECTURES = [[5], [10], [40], [16, 16], [64, 64]] as const;
const BATCHES = [1, 8, 32] as const;

/**
 * Measures how many planned operations a core does in a second, over architectures and batches. The
 * nearer slowest and fastest, the better the plan tells times; their median is to be no less than
 * the constant in `planned-cost.ts`.
 */
export async function measurePlannedCost(): Promise<PlannedCostFigures> {
  const flow: FlowDefinition = { ...FLOW, velocity: { ...VELOCITY, maxHiddenLayers: 2 } };
  const parameters = subjectParameters(flow).byName;
  const rates: number[] = [];
  for (const hidden of ARCHITECTURES) {
    const model = stepModel(flow, 'euler', parameters, subjectFamily(hidden));
    const operations = plannedOperations(model);
    const each = new MemoryPlan(model).peakBytes(subjectSizes(hidden, 1));
    const session = await openSession(model, { threads: 1 });
    try {
      // No larger than the sampler's tiles.
      for (const batch of BATCHES.filter((own) => own * each <= MAX_PLANNED_BYTES)) {
        const runs = Math.ceil(16 / batch);
        const [ms] = await medianTimesMs([bareRuns(session, { batch, runs, hidden })], {
          rounds: 5,
          measure: processorMs,
        });
        rates.push((dimValue(operations, subjectSizes(hidden, batch)) * runs) / ms / 1e6);
      }
    } finally {
      await session.release();
    }
  }
  return { slowest: Math.min(...rates), median: median(rates), fastest: Math.max(...rates) };
}
