import type { InputMetric } from '../src/flow/input-metric.js';
import { architecture } from '../src/network/architecture.js';
import { initialise } from '../src/network/initialise.js';
import { networkOf } from '../src/network/network.js';
import { affine } from '../src/ops/float64/affine.js';
import { plainAffine } from '../src/ops/float64/plain-affine.js';
import { Random } from '../src/random.js';
import { evaluateNetworks } from '../src/zoo/evaluate-networks.js';
import { randomMetric } from './random-metric.js';
import { medianTimesMs, processorMs } from './statistics.js';

export interface EvaluationFigures {
  /** How many times faster WebAssembly multiplies 784 features by 10 columns than JavaScript. */
  readonly kernelSpeedUp: number;
  /** The logits of a 784-10-10 on 10,000 rows. */
  readonly narrowMs: number;
  /** Of a 784-32-32-10. */
  readonly wideMs: number;
  /** Of a 30-16-16-2 on 569 rows. */
  readonly wdbcMs: number;
  /** Expanding a 784-10-10 from 128 directions. */
  readonly expandMs: number;
  /** Whitening 60,000 rows of 784 features to 128. */
  readonly whitenMs: number;
}

const SEED = 1;
const FEATURES = 784;
const RANK = 128;
/** Networks that are expanded, and evaluations of a small network, in one measurement. */
const REPETITIONS = 50;
const ROUNDS = 5;

/** Measures what evaluations spend their time on, in processor time. All numbers are random. */
export async function measureEvaluation(): Promise<EvaluationFigures> {
  const images = rows(60_000, FEATURES);
  const some = images.subarray(0, 10_000 * FEATURES);
  const metric = randomMetric(FEATURES, RANK);
  const [kernelMs, plainMs, narrowMs, wideMs, wdbcMs, expandMs, whitenMs] = await medianTimesMs(
    [
      ...productRuns(),
      evaluation([FEATURES, 10, 10], some),
      evaluation([FEATURES, 32, 32, 10], some),
      repeated(evaluation([30, 16, 16, 2], rows(569, 30))),
      repeated(expansion(metric)),
      asRun(() => metric.whiten(images)),
    ],
    { rounds: ROUNDS, measure: processorMs },
  );
  return {
    kernelSpeedUp: plainMs / kernelMs,
    narrowMs,
    wideMs,
    wdbcMs: wdbcMs / REPETITIONS,
    expandMs: expandMs / REPETITIONS,
    whitenMs,
  };
}

type Run = () => Promise<void>;

function asRun(run: () => unknown): Run {
  return () => {
    run();
    return Promise.resolve();
  };
}

function repeated(run: Run): Run {
  return async () => {
    for (let i = 0; i < REPETITIONS; i++) await run();
  };
}

/** The same product by the kernel and by the plain loop. */
function productRuns(): readonly [kernel: Run, plain: Run] {
  const [count, fanOut] = [2048, 10];
  const random = new Random(SEED, 'product');
  const normals = (size: number): Float64Array => Float64Array.from(random.normals(size));
  const [x, w, b] = [normals(count * FEATURES), normals(FEATURES * fanOut), normals(fanOut)];
  const out = new Float64Array(count * fanOut);
  return [
    asRun(() => affine(x, w, b, count, out)),
    asRun(() => {
      plainAffine(x, w, b, out);
    }),
  ];
}

function evaluation(widths: readonly number[], features: Float32Array): Run {
  const arch = architecture(widths);
  const networks = [initialise(arch, new Random(SEED))];
  return asRun(() => evaluateNetworks(arch, networks, features));
}

function expansion(metric: InputMetric): Run {
  const arch = architecture([FEATURES, 10, 10]);
  const { parameters } = networkOf(metric.reducedArchitecture(arch));
  const reduced = new Random(SEED, 'reduced').normals(parameters);
  return asRun(() => metric.expand(reduced, arch));
}

/** The first rows again and again. */
function rows(count: number, width: number): Float32Array {
  const result = new Float32Array(count * width);
  const first = new Random(SEED, 'rows').normals(Math.min(count, 500) * width);
  for (let at = 0; at < result.length; at += first.length) {
    result.set(first.subarray(0, result.length - at), at);
  }
  return result;
}
