import * as ortWeb from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/files/safetensors.js';
import { buildClassifier, type ClassifierOptions } from '../../src/formats/classifier.js';
import { encodeNetwork } from '../../src/formats/encode-network.js';
import { readClassifier } from '../../src/formats/read-classifier.js';
import { forward } from '../../src/network/forward.js';
import { networkOf } from '../../src/network/network.js';
import { decodeModel } from '../../src/onnx/parse.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import { Random } from '../../src/random.js';
import { graphArchitecture, RESIDUAL_CNN, SMALL_CNN, type Form } from '../network/graphs.js';
import { runPython } from '../support/python.js';
import { runModel } from '../support/run-model.js';

const ROWS = 5;
const MEAN = 30;
const SCALE = 70;

/** Between them every operator that networks on images are written with. */
const NETWORKS: Readonly<Record<string, Form>> = { small: SMALL_CNN, residual: RESIDUAL_CNN };
const NAMES = Object.keys(NETWORKS);

function network(name: string) {
  const architecture = graphArchitecture(NETWORKS[name]!);
  const { parameters, inputs } = networkOf(architecture);
  return {
    architecture,
    weights: new Random(3, name).normals(parameters).map((weight) => 0.5 * weight),
    standardisation: {
      mean: Array<number>(inputs).fill(MEAN),
      scale: Array<number>(inputs).fill(SCALE),
    },
    metadata: { architecture: JSON.stringify(architecture) },
  } satisfies ClassifierOptions;
}

/** Pixels, with their shape. */
function imagesFor(name: string, rows = ROWS): { shape: number[]; data: Float32Array } {
  const shape = [rows, ...NETWORKS[name]!.input];
  const size = shape.reduce((product, side) => product * side);
  return { shape, data: new Random(11, name).normals(size).map((z) => MEAN + SCALE * z) };
}

/** Logits of the first rows, in float64. */
function expectedLogits(name: string, rows = ROWS): Float64Array {
  const { architecture, weights } = network(name);
  const { data } = imagesFor(name);
  const standardised = Float64Array.from(data, (pixel) => (pixel - MEAN) / SCALE);
  const { inputs } = networkOf(architecture);
  return forward(architecture, weights, standardised.subarray(0, rows * inputs));
}

function expectClose(got: readonly number[], expected: Float64Array, tolerance: number): void {
  expect(got).toHaveLength(expected.length);
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.1);
  const worst = Math.max(...got.map((value, i) => Math.abs(value - expected[i]!)));
  expect(worst).toBeLessThan(tolerance);
}

describe.each(NAMES)('the classifier of a %s network on images', (name) => {
  it('gives what float64 gives for pixels, to 1e-4', async () => {
    const [outputs] = await runModel(buildClassifier(network(name)), [{ input: imagesFor(name) }]);
    expectClose(outputs!.logits!.values, expectedLogits(name), 1e-4);
  });

  it('agrees on onnxruntime-web to 1e-4', async () => {
    const session = await ortWeb.InferenceSession.create(
      encodeModel(buildClassifier(network(name))),
      { executionProviders: ['wasm'] },
    );
    const { data, shape } = imagesFor(name);
    const { logits } = await session.run({ input: new ortWeb.Tensor('float32', data, shape) });
    await session.release();
    expectClose([...(logits!.data as Float32Array)], expectedLogits(name), 1e-4);
  });

  it('is read back', () => {
    const options = network(name);
    const read = readClassifier(decodeModel(encodeModel(buildClassifier(options))));
    expect(read.architecture).toEqual(options.architecture);
    expect(read.weights).toEqual(options.weights);
  });

  it('has the names and shapes of torch as weights, kernels [out, in, k, k]', () => {
    const { architecture, weights, standardisation } = network(name);
    const { bytes } = encodeNetwork(
      { architecture, format: 'safetensors', inputScaling: 'separate' },
      { weights, standardisation, describe: () => ({}) },
    );
    const shapes = Object.fromEntries(
      [...decodeSafetensors(bytes).tensors].map(([tensor, { shape }]) => [tensor, shape]),
    );
    expect(shapes).toEqual(TORCH_SHAPES[name]);
  });
});

const TORCH_SHAPES: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  small: {
    ...{ '0.weight': [4, 2, 3, 3], '0.bias': [4], '3.weight': [5, 4, 2, 2], '3.bias': [5] },
    // Channels of 2 × 1 places, flattened.
    ...{ '7.weight': [6, 10], '7.bias': [6], '9.weight': [3, 6], '9.bias': [3] },
  },
  residual: {
    ...{ '0.weight': [4, 1, 3, 3], '0.bias': [4], '2.weight': [5, 4, 3, 3], '2.bias': [5] },
    ...{ 'up1.weight': [4, 5, 3, 3], 'up1.bias': [4], '7.weight': [6, 4, 3, 3], '7.bias': [6] },
    ...{ 'up2.weight': [6, 6, 3, 3], 'up2.bias': [6] },
    ...{ 'projection.weight': [6, 4, 1, 1], 'projection.bias': [6] },
    ...{ '14.weight': [3, 6], '14.bias': [3] },
  },
};

describe('classifiers of images elsewhere', () => {
  const request = JSON.stringify(
    NAMES.map((name) => ({
      model: Buffer.from(encodeModel(buildClassifier(network(name)))).toString('base64'),
      x: [...imagesFor(name).data],
      shape: imagesFor(name).shape,
    })),
  );

  /** Logits of every network for the whole batch and for its first row. */
  const runtimes: Readonly<Record<string, readonly [packages: string[], program: string[]]>> = {
    'onnxruntime for Python, past the checker': [
      ['onnx', 'onnxruntime'],
      [
        '  onnx.checker.check_model(onnx.load_from_string(file), full_check=True)',
        '  session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])',
        '  return session.run(["logits"], {"input": batch})[0]',
      ],
    ],
    "ONNX's reference evaluator": [
      ['onnx', 'onnx.reference'],
      [
        '  evaluator = onnx.reference.ReferenceEvaluator(onnx.load_from_string(file))',
        '  return evaluator.run(["logits"], {"input": batch})[0]',
      ],
    ],
    OpenCV: [
      ['cv2'],
      [
        '  net = cv2.dnn.readNetFromONNX(np.frombuffer(file, np.uint8))',
        '  net.setInput(batch, "input")',
        '  return net.forward("logits")',
      ],
    ],
  };

  it.for(Object.entries(runtimes))('agree on %s to 1e-4', ([, [needed, program]], context) => {
    const script = [
      'import base64, json, sys, numpy as np',
      `import ${needed.join(', ')}`,
      'def run(file, batch):',
      ...program,
      'def both(case):',
      '  x = np.array(case["x"], "f4").reshape(case["shape"])',
      '  file = base64.b64decode(case["model"])',
      '  return [np.asarray(run(file, b)).ravel().tolist() for b in (x, x[:1])]',
      'print(json.dumps([both(case) for case in json.load(sys.stdin)]))',
    ].join('\n');
    const answer = runPython(script, { packages: ['numpy', ...needed], input: request });
    if (answer.skipped) return context.skip(answer.reason);
    const found = JSON.parse(answer.stdout) as [number[], number[]][];
    expect(found).toHaveLength(NAMES.length);
    NAMES.forEach((name, index) => {
      expectClose(found[index]![0], expectedLogits(name), 1e-4);
      expectClose(found[index]![1], expectedLogits(name, 1), 1e-4);
    });
  });
});
