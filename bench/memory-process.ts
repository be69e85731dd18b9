import process from 'node:process';
import { architecture } from '../src/network/architecture.js';
import { MemoryPlan } from '../src/onnx/memory-plan.js';
import { stepModel, type FlowDefinition } from '../src/flows/flow-graphs.js';
import { DEFAULT_MEMORY_BYTES } from '../src/sampling/network-sampler.js';
import { TilePlanner } from '../src/sampling/tiles.js';
import { OrtEngine } from '../src/training/ort-engine.js';
import type { MemoryFigures, MemoryTask } from './memory.js';
import { forgetPeak, peakResidentMiB } from './resident-memory.js';
import { bareRuns, openSession } from './runs.js';
import {
  FLOW,
  subjectParameters,
  subjectProgram,
  VELOCITY,
  subjectSizes,
  subjectFamily,
} from './subject.js';
import { trainingStep } from './training.js';

const MIB = 2 ** 20;
/** The second run and those after it may need more than the first. */
const RUNS = 3;

/** A process that does one thing, for its memory: prints {@link MemoryFigures} as JSON. */
const task = JSON.parse(process.argv[2] ?? 'null') as MemoryTask;
const figures =
  'hidden' in task ? await sampling(task.hidden) : await training(task.recomputeSegments);
process.stdout.write(`${JSON.stringify(figures)}\n`);

async function sampling(hidden: readonly number[]): Promise<MemoryFigures> {
  const flow: FlowDefinition = { ...FLOW, velocity: { ...VELOCITY, maxHiddenLayers: 2 } };
  const { byName } = subjectParameters(flow);
  const model = stepModel(flow, 'euler', byName, subjectFamily(hidden));
  const arch = architecture([VELOCITY.inputs, ...hidden, VELOCITY.outputs]);
  const plan = new MemoryPlan(model);
  const planner = new TilePlanner(DEFAULT_MEMORY_BYTES);
  const batch = planner.tile({ key: 'step', plan: () => plan }, arch);
  const session = await openSession(model);
  const run = bareRuns(session, { batch, runs: RUNS, hidden });
  const opening = await peakResidentMiB();
  // What the session was built from is gone; its memory must not pass for that of the run.
  globalThis.gc?.();
  await forgetPeak();
  const before = process.memoryUsage.rss();
  await run();
  const running = await peakResidentMiB();
  await session.release();
  const planned = plan.peakBytes(subjectSizes(hidden, batch));
  return {
    peakMiB: Math.max(opening, running),
    runtimeOverPlan: (running * MIB - before) / planned,
  };
}

async function training(segments: number): Promise<MemoryFigures> {
  const compiled = await new OrtEngine({ segments }).compile(subjectProgram());
  const step = trainingStep(compiled);
  for (let run = 0; run < RUNS; run++) await step();
  await compiled.dispose();
  return { peakMiB: await peakResidentMiB(), runtimeOverPlan: null };
}
