import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { VELOCITY } from './subject.js';

export interface MemoryReport {
  /** Peak of a process that draws 784-512-512-10 networks, whatever the batch: it is tiled. */
  readonly samplingPeakMiB: number;
  /** Peak of a process that takes training steps at batch 64. */
  readonly trainingPeakMiB: number;
  /** The same with one segment per block recomputed. */
  readonly trainingRecomputedPeakMiB: number;
  /** What onnxruntime takes over the plan that decides the tile, at worst. */
  readonly runtimeOverPlan: number;
}

/** What a process of its own is to do. */
export type MemoryTask =
  | { /** Hidden widths; draws one tile. */ readonly hidden: readonly number[] }
  | { readonly recomputeSegments: number };

/** What it found. */
export interface MemoryFigures {
  readonly peakMiB: number;
  /** Null for training. */
  readonly runtimeOverPlan: number | null;
}

const WIDEST = [512, 512] as const;
/** Others whose plan is held against the process. */
const PLANNED = [[16], [64], [512], [128, 128]] as const;

/** Measures what drawing and training hold, each in a process that does nothing else. */
export async function measureMemory(): Promise<MemoryReport> {
  const widest = await inProcess({ hidden: WIDEST });
  const shares = [widest.runtimeOverPlan ?? 0];
  for (const hidden of PLANNED) {
    shares.push((await inProcess({ hidden })).runtimeOverPlan ?? 0);
  }
  const training = await inProcess({ recomputeSegments: 1 });
  const recomputed = await inProcess({ recomputeSegments: VELOCITY.blocks });
  return {
    samplingPeakMiB: widest.peakMiB,
    trainingPeakMiB: training.peakMiB,
    trainingRecomputedPeakMiB: recomputed.peakMiB,
    runtimeOverPlan: Math.max(...shares),
  };
}

async function inProcess(task: MemoryTask): Promise<MemoryFigures> {
  const script = fileURLToPath(new URL('memory-process.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    script,
    JSON.stringify(task),
  ]);
  return JSON.parse(stdout) as MemoryFigures;
}
