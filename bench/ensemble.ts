import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { createSession } from '../src/devices/session.js';
import { buildClassifier } from '../src/formats/classifier.js';
import { buildEnsemble } from '../src/formats/ensemble.js';
import { architecture } from '../src/network/architecture.js';
import { initialise } from '../src/network/initialise.js';
import { networkOf } from '../src/network/network.js';
import type { OnnxModel } from '../src/onnx/graph.js';
import { encodeModel } from '../src/onnx/serialize.js';
import { Random } from '../src/random.js';
import { medianTimesMs, processorMs } from './statistics.js';

export interface EnsembleFigures {
  /** One row by an ensemble of 64, over the same row by 16 single networks one after the other. */
  readonly overSixteen: number;
  readonly rowMs: number;
  readonly singleRowMs: number;
  /** The same for 1,000 rows and 64 single networks. */
  readonly rowsOverAll: number;
}

const ARCHITECTURE = architecture([784, 10, 10]);
const MEMBERS = 64;
const SINGLES = 16;
const ROWS = 1_000;
/** Rows classified in one measurement of single rows, one after the other. */
const REPEATS = 20;

/** Measures what one file of many networks saves, in processor time on one thread. */
export async function measureEnsemble(): Promise<EnsembleFigures> {
  const { inputs } = networkOf(ARCHITECTURE);
  const takes = {
    mean: Array.from({ length: inputs }, () => 33),
    scale: Array.from({ length: inputs }, () => 79),
  };
  const networks = Array.from({ length: MEMBERS }, (_, index) =>
    initialise(ARCHITECTURE, new Random(1, 'member', index)),
  );
  const members = networks.map((weights) => ({ architecture: ARCHITECTURE, weights, takes }));
  const open = (model: OnnxModel): Promise<InferenceSession> =>
    createSession(encodeModel(model), { provider: 'cpu', threads: 1, planMemory: true });
  const ensemble = await open(buildEnsemble({ members, metadata: {} }));
  const singles = await Promise.all(
    networks.map((weights) =>
      open(
        buildClassifier({
          architecture: ARCHITECTURE,
          weights,
          standardisation: takes,
          metadata: {},
        }),
      ),
    ),
  );
  const asked = (rows: number): Record<string, Tensor> => {
    const features = new Random(2, 'rows').normals(rows * inputs);
    return { input: new Tensor('float32', features, [rows, inputs]) };
  };
  const byOne = (feeds: Record<string, Tensor>, times: number) => async (): Promise<void> => {
    for (let k = 0; k < times; k++) await ensemble.run(feeds);
  };
  const bySingles =
    (feeds: Record<string, Tensor>, count: number, times: number) => async (): Promise<void> => {
      for (let k = 0; k < times; k++) {
        for (const single of singles.slice(0, count)) await single.run(feeds);
      }
    };
  const [row, rows] = [asked(1), asked(ROWS)];
  const [rowMs, singleMs] = await medianTimesMs(
    [byOne(row, REPEATS), bySingles(row, SINGLES, REPEATS)],
    { rounds: 15, warmUps: 2, measure: processorMs },
  );
  const [rowsMs, allMs] = await medianTimesMs([byOne(rows, 1), bySingles(rows, MEMBERS, 1)], {
    rounds: 7,
    measure: processorMs,
  });
  await Promise.all([ensemble, ...singles].map((session) => session.release()));
  return {
    overSixteen: rowMs / singleMs,
    rowMs: rowMs / REPEATS,
    singleRowMs: singleMs / REPEATS / SINGLES,
    rowsOverAll: rowsMs / allMs,
  };
}
