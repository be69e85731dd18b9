import * as ortWeb from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { ACTIVATIONS, architecture, type Activation } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { forward } from '../../src/network/forward.js';
import { decodeModel } from '../../src/onnx/parse.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import { Random } from '../../src/random.js';
import { buildClassifier, type ClassifierOptions } from '../../src/formats/classifier.js';
import { readClassifier } from '../../src/formats/read-classifier.js';
import { thrownBy } from '../support/error-code.js';
import { runPython } from '../support/python.js';
import { runModel, type Fetched } from '../support/run-model.js';

const LAYERS = [5, 7, 4, 3];
const STANDARDISATION = { mean: [10, -2, 0.5, 100, 3], scale: [4, 0.5, 1, 30, 2] };
const ROWS = 5;

function network(activation: Activation): ClassifierOptions {
  const arch = architecture(LAYERS, activation);
  return {
    architecture: arch,
    weights: new Random(3, activation).normals(networkOf(arch).parameters),
    standardisation: STANDARDISATION,
    metadata: { producer: 'weightspring', seed: '3', architecture: JSON.stringify(arch) },
  };
}

/** Raw features, as many rows as features: an axis mixed up with the other would not show up. */
function rawRows(rows = ROWS): Float32Array {
  const random = new Random(11);
  const { mean, scale } = STANDARDISATION;
  return Float32Array.from({ length: rows * mean.length }, (_, i) => {
    const feature = i % mean.length;
    return mean[feature]! + scale[feature]! * random.normal();
  });
}

/** Standardisation, network, softmax and arg max in float64. */
function expectedOutputs(options: ClassifierOptions, x: Float32Array): Record<string, number[]> {
  const { mean, scale } = options.standardisation;
  const standardised = Float64Array.from(x, (value, i) => {
    const feature = i % mean.length;
    return (value - mean[feature]!) / scale[feature]!;
  });
  const logits = [...forward(options.architecture, options.weights, standardised)];
  const classes = LAYERS.at(-1)!;
  const probabilities: number[] = [];
  const label: number[] = [];
  for (let at = 0; at < logits.length; at += classes) {
    const row = logits.slice(at, at + classes);
    const total = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
    probabilities.push(...row.map((logit) => Math.exp(logit) / total));
    label.push(row.indexOf(Math.max(...row)));
  }
  return { logits, probabilities, label };
}

function expectClose(got: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(got).toHaveLength(expected.length);
  const worst = Math.max(...got.map((value, i) => Math.abs(value - expected[i]!)));
  expect(worst).toBeLessThan(tolerance);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe('the classifier', () => {
  it.each(ACTIVATIONS)(
    'with %s gives what float64 gives for raw features, to 1e-5',
    async (activation) => {
      const options = network(activation);
      const x = rawRows();
      const [outputs] = await runModel(buildClassifier(options), [
        { input: { shape: [ROWS, LAYERS[0]!], data: x } },
      ]);
      const expected = expectedOutputs(options, x);
      const shapes = { logits: [ROWS, 3], probabilities: [ROWS, 3], label: [ROWS] };
      for (const [name, shape] of Object.entries(shapes)) {
        const { shape: got, values } = outputs![name] as Fetched;
        expect(got).toEqual(shape);
        expectClose(values, expected[name]!, 1e-5);
      }
    },
  );

  it('has the border, names and versions that it promises', () => {
    const model = buildClassifier(network('relu'));
    expect(model.irVersion).toBeLessThanOrEqual(8);
    expect(model.opset).toBeLessThanOrEqual(15);
    expect(model.inputs).toEqual([{ name: 'input', type: 'float32', shape: ['N', 5] }]);
    expect(model.outputs).toEqual([
      { name: 'logits', type: 'float32', shape: ['N', 3] },
      { name: 'probabilities', type: 'float32', shape: ['N', 3] },
      { name: 'label', type: 'int64', shape: ['N'] },
    ]);
    const named = model.initializers.map(({ name, shape }) => [name, shape]);
    expect(named).toEqual(
      expect.arrayContaining([
        // With [1, 5] OpenCV 4.6 takes batches of one only.
        ['standardise.mean', [5]],
        ['standardise.scale', [5]],
        ['0.weight', [7, 5]],
        ['0.bias', [7]],
        ['2.weight', [4, 7]],
        ['2.bias', [4]],
        ['4.weight', [3, 4]],
        ['4.bias', [3]],
      ]),
    );
    const gemms = model.nodes.filter(({ opType }) => opType === 'Gemm');
    expect(gemms.map(({ attributes }) => attributes)).toEqual(
      LAYERS.slice(1).map(() => ({ transB: { kind: 'int', value: 1 } })),
    );
    expect(model.metadata).toEqual(network('relu').metadata);
  });

  it('gives equal bytes for equal networks', () => {
    const bytes = (): Uint8Array => encodeModel(buildClassifier(network('gelu')));
    expect(bytes()).toEqual(bytes());
  });

  it('is refused where weights or standardisation do not fit', () => {
    const options = network('relu');
    const short = { ...options, weights: options.weights.subarray(1) };
    expect(thrownBy(() => buildClassifier(short)).message).toContain('5-7-4-3');
    const standardisation = { mean: [1], scale: [1] };
    expect(thrownBy(() => buildClassifier({ ...options, standardisation })).code).toBe(
      'shape-mismatch',
    );
  });

  it.each(ACTIVATIONS)('with %s agrees on onnxruntime-web to 1e-4', async (activation) => {
    const options = network(activation);
    const x = rawRows();
    const session = await ortWeb.InferenceSession.create(encodeModel(buildClassifier(options)), {
      executionProviders: ['wasm'],
    });
    const { probabilities, label } = await session.run({
      input: new ortWeb.Tensor('float32', x, [ROWS, LAYERS[0]!]),
    });
    await session.release();
    const expected = expectedOutputs(options, x);
    expectClose([...(probabilities!.data as Float32Array)], expected.probabilities!, 1e-4);
    expect(Array.from(label!.data as BigInt64Array, Number)).toEqual(expected.label);
  });
});

describe('the classifier elsewhere', () => {
  const x = rawRows();
  const request = JSON.stringify({
    models: ACTIVATIONS.map((activation) =>
      base64(encodeModel(buildClassifier(network(activation)))),
    ),
    x: [...x],
    features: LAYERS[0],
  });
  /** Every output of every model for the whole batch and for its first row. */
  const check = (answer: string): void => {
    const perModel = JSON.parse(answer) as Record<string, number[]>[][];
    expect(perModel).toHaveLength(ACTIVATIONS.length);
    for (const [index, activation] of ACTIVATIONS.entries()) {
      const batches = [x, x.subarray(0, LAYERS[0])];
      for (const [which, batch] of batches.entries()) {
        const expected = expectedOutputs(network(activation), batch);
        for (const [name, values] of Object.entries(expected)) {
          expectClose(perModel[index]![which]![name]!, values, 1e-4);
        }
      }
    }
  };
  const read = [
    'import base64, json, sys, numpy as np',
    'request = json.load(sys.stdin)',
    'x = np.array(request["x"], "f4").reshape(-1, request["features"])',
    'names = ["logits", "probabilities", "label"]',
    'files = [base64.b64decode(m) for m in request["models"]]',
  ];
  const print = [
    'print(json.dumps([[{n: np.asarray(o).ravel().tolist() for n, o in zip(names, run(f, b))}',
    '  for b in (x, x[:1])] for f in files]))',
  ];

  it('passes the ONNX checker and agrees on onnxruntime for Python to 1e-4', (context) => {
    const script = [
      ...read,
      'import onnx, onnxruntime',
      'def run(file, batch):',
      '  onnx.checker.check_model(onnx.load_from_string(file), full_check=True)',
      '  session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])',
      '  return session.run(names, {"input": batch})',
      ...print,
    ].join('\n');
    const packages = ['onnx', 'onnxruntime', 'numpy'];
    const answer = runPython(script, { packages, input: request });
    if (answer.skipped) return context.skip(answer.reason);
    check(answer.stdout);
  });

  it('agrees on OpenCV to 1e-4', (context) => {
    const script = [
      ...read,
      'import cv2',
      'def run(file, batch):',
      '  net = cv2.dnn.readNetFromONNX(np.frombuffer(file, np.uint8))',
      '  net.setInput(batch, "input")',
      '  return [net.forward(name) for name in names]',
      ...print,
    ].join('\n');
    const answer = runPython(script, { packages: ['cv2', 'numpy'], input: request });
    if (answer.skipped) return context.skip(answer.reason);
    check(answer.stdout);
  });
});

describe('readClassifier', () => {
  it.each(ACTIVATIONS)('recovers a network with %s from its file', (activation) => {
    const options = network(activation);
    const read = readClassifier(decodeModel(encodeModel(buildClassifier(options))));
    expect(read.architecture).toEqual(options.architecture);
    expect(read.weights).toEqual(options.weights);
    expect(read.metadata).toEqual(options.metadata);
    expect([...(read.standardisation.mean as Float32Array)]).toEqual(STANDARDISATION.mean);
    expect([...(read.standardisation.scale as Float32Array)]).toEqual(STANDARDISATION.scale);
  });

  const model = buildClassifier(network('relu'));
  const graph = (...nodes: object[]): string => JSON.stringify({ input: [5], nodes });
  const claim = (text: string) => ({
    ...model,
    metadata: { ...model.metadata, architecture: text },
  });

  it.each([
    ['name no architecture', { ...model, metadata: {} }],
    ['the architecture not JSON', claim('not JSON')],
    ['the architecture null', claim('null')],
    ['the architecture {"layers"', claim('{"layers":[5,-7,3],"activation":"relu"}')],
    ["no float32 tensor '6.weight'", claim('{"layers":[5,7,4,3,2],"activation":"relu"}')],
    ['the architecture {"layers":[1e9,7e9', claim('{"layers":[1e9,7e9,3],"activation":"relu"}')],
    ["'0.weight' of 1000000000000", claim('{"layers":[1000000,1000000,3],"activation":"relu"}')],
    ['the architecture {"input"', claim('{"input":[5],"nodes":[{"op":"scale"}]}')],
    ["no float32 tensor 'a.weight'", claim(graph({ op: 'dense', units: 3, id: 'a' }))],
    ['the architecture', claim(graph({ op: 'dense', units: 3, inputs: ['b'] }))],
    ['not that of 5-7-4-3/tanh', claim('{"layers":[5,7,4,3],"activation":"tanh"}')],
    ['not that of', { ...model, nodes: model.nodes.slice(0, -1) }],
    ['no float32 tensor', { ...model, initializers: model.initializers.slice(1) }],
  ])('refuses a model: %s', (message, other) => {
    const error = thrownBy(() => readClassifier(other));
    expect(error.message).toContain(message);
    expect(error.code).toBe('model-invalid');
  });
});
