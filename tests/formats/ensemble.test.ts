import * as ortWeb from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { buildClassifier } from '../../src/formats/classifier.js';
import { buildEnsemble, MAX_MEMBERS, type EnsembleOptions } from '../../src/formats/ensemble.js';
import type { EnsembleMember } from '../../src/formats/ensemble-stacks.js';
import { readClassifier } from '../../src/formats/read-classifier.js';
import { ACTIVATIONS, architecture, type Architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import { Random } from '../../src/random.js';
import { graphArchitecture } from '../network/graphs.js';
import { thrownBy } from '../support/error-code.js';
import { runPython } from '../support/python.js';
import { runModel } from '../support/run-model.js';

const FEATURES = 5;
const CLASSES = 3;
const ROWS = 4;
const STANDARDISATION = { mean: [10, -2, 0.5, 100, 3], scale: [4, 0.5, 1, 30, 2] };
const MLP = architecture([FEATURES, 7, 4, CLASSES]);
const RESIDUAL = graphArchitecture({
  input: [FEATURES],
  nodes: [
    { op: 'dense', units: 6, id: 'stem' },
    { op: 'activation', function: 'gelu' },
    { op: 'dense', units: 6, id: 'block' },
    { op: 'add', inputs: ['stem', 'block'] },
    { op: 'dense', units: CLASSES },
  ],
});

interface MemberOptions {
  readonly std?: number;
  readonly takes?: EnsembleMember['takes'];
}

function member(
  arch: Architecture,
  seed: number,
  { std = 1, takes = STANDARDISATION }: MemberOptions = {},
): EnsembleMember {
  const weights = new Random(seed, 'member').normals(networkOf(arch).parameters);
  return { architecture: arch, weights: weights.map((weight) => std * weight), takes };
}

function members(count: number, arch: Architecture = MLP, std = 1): readonly EnsembleMember[] {
  return Array.from({ length: count }, (_, seed) => member(arch, seed, { std }));
}

function rawRows(rows = ROWS): Float32Array {
  const random = new Random(11);
  const { mean, scale } = STANDARDISATION;
  return Float32Array.from({ length: rows * FEATURES }, (_, i) => {
    const feature = i % FEATURES;
    return mean[feature]! + scale[feature]! * random.normal();
  });
}

const model = (of: readonly EnsembleMember[], options: Partial<EnsembleOptions> = {}) =>
  buildEnsemble({ members: of, metadata: { ensemble: String(of.length) }, ...options });

/** The outputs of an ensemble on onnxruntime. */
async function outputsOf(
  of: readonly EnsembleMember[],
  x: Float32Array,
  options: Partial<EnsembleOptions> = {},
): Promise<Record<string, { shape: readonly number[]; values: readonly number[] }>> {
  const feeds = { input: { shape: [x.length / FEATURES, FEATURES], data: x } };
  const [outputs] = await runModel(model(of, options), [feeds]);
  return outputs!;
}

/** What the members' own classifiers say, and what follows from it in float64. */
async function expectedOf(of: readonly EnsembleMember[], x: Float32Array) {
  const feeds = { input: { shape: [x.length / FEATURES, FEATURES], data: x } };
  const each: (readonly number[])[] = [];
  for (const { architecture: arch, weights, takes } of of) {
    const none = { mean: Array<number>(FEATURES).fill(0), scale: Array<number>(FEATURES).fill(1) };
    const standardisation = takes === 'raw' ? none : takes;
    const alone = buildClassifier({ architecture: arch, weights, standardisation, metadata: {} });
    const [outputs] = await runModel(alone, [feeds]);
    each.push(outputs!.probabilities!.values);
  }
  return { each, ...averageOf(each) };
}

function averageOf(each: readonly (readonly number[])[]) {
  const probabilities = each[0]!.map(
    (_, i) => each.reduce((sum, values) => sum + values[i]!, 0) / each.length,
  );
  const entropy = entropiesOf(probabilities);
  const within = each.map(entropiesOf);
  return {
    probabilities,
    label: rowsOf(probabilities).map((row) => row.indexOf(Math.max(...row))),
    entropy,
    mutualInformation: entropy.map(
      (total, row) => total - within.reduce((sum, own) => sum + own[row]!, 0) / each.length,
    ),
  };
}

const rowsOf = (values: readonly number[]): readonly (readonly number[])[] =>
  Array.from({ length: values.length / CLASSES }, (_, row) =>
    values.slice(row * CLASSES, (row + 1) * CLASSES),
  );

const entropiesOf = (values: readonly number[]): readonly number[] =>
  rowsOf(values).map((row) => row.reduce((sum, p) => sum - (p === 0 ? 0 : p * Math.log(p)), 0));

function expectClose(got: readonly number[], expected: readonly number[], tolerance = 1e-6): void {
  expect(got).toHaveLength(expected.length);
  got.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `element ${i}`).toBeLessThan(tolerance);
  });
}

describe('an ensemble', () => {
  it.each<[string, readonly EnsembleMember[]]>([
    ['one member', members(1)],
    ['several', members(5)],
    ['more than are summed at once', members(37)],
    ['as many as there may be', members(MAX_MEMBERS)],
    ['sums of layers', members(3, RESIDUAL)],
    ...ACTIVATIONS.map((name): [string, readonly EnsembleMember[]] => [
      name,
      members(3, architecture([FEATURES, 6, CLASSES], name)),
    ]),
    ['networks without hidden layers', members(3, architecture([FEATURES, CLASSES]))],
    [
      'networks of raw features',
      [1, 2].map((seed) => member(MLP, seed, { std: 0.1, takes: 'raw' })),
    ],
  ])('of %s gives the mean of what its members say (1e-6)', async (_, of) => {
    const x = rawRows();
    const outputs = await outputsOf(of, x);
    const expected = await expectedOf(of, x);
    expect(outputs.probabilities!.shape).toEqual([ROWS, CLASSES]);
    expectClose(outputs.probabilities!.values, expected.probabilities);
    expect(outputs.label).toEqual({ shape: [ROWS], values: expected.label });
    // An entropy is a sum over classes of what has that error.
    for (const name of ['entropy', 'mutualInformation'] as const) {
      expect(outputs[name]!.shape).toEqual([ROWS]);
      expectClose(outputs[name]!.values, expected[name], 3e-6);
    }
    expect(outputs).not.toHaveProperty('memberProbabilities');
  });

  it('of different architectures and standardisations computes them side by side', async () => {
    const [a, b] = [members(2), members(3, RESIDUAL)];
    const other = member(MLP, 9, {
      takes: { mean: [9, -2, 0.5, 100, 3], scale: [4, 1, 1, 30, 2] },
    });
    const of = [a[0]!, ...b, other, a[1]!];
    const x = rawRows();
    const { memberProbabilities, probabilities } = await outputsOf(of, x, {
      memberProbabilities: true,
    });
    expect(memberProbabilities!.shape).toEqual([6, ROWS, CLASSES]);
    // Stack by stack, in the order of the first of each.
    const expected = await expectedOf([...a, ...b, other], x);
    expectClose(memberProbabilities!.values, expected.each.flat());
    expectClose(probabilities!.values, expected.probabilities);
    const products = model(of).nodes.filter(({ opType }) => opType === 'MatMul').length;
    const alone = model(a).nodes.filter(({ opType }) => opType === 'MatMul').length;
    expect(products).toBeLessThan(3 * alone + 1);
  });

  it('says the same of a row alone as of many', async () => {
    const x = rawRows(33);
    const all = await outputsOf(members(20), x);
    for (const row of [0, 32]) {
      const alone = await outputsOf(members(20), x.subarray(row * FEATURES, (row + 1) * FEATURES));
      expectClose(alone.probabilities!.values, rowsOf(all.probabilities!.values)[row]!, 1e-6);
      expectClose(alone.entropy!.values, [all.entropy!.values[row]!], 1e-6);
    }
  });

  it.each([1, 2, 16, 17, 64, MAX_MEMBERS])(
    'of %i times the same member has no mutual information (1e-6)',
    async (count) => {
      const of = Array.from({ length: count }, () => member(MLP, 1, { std: 0.5 }));
      const { entropy, mutualInformation } = await outputsOf(of, rawRows());
      expectClose(mutualInformation!.values, Array<number>(ROWS).fill(0));
      for (const value of mutualInformation!.values) expect(value).toBeGreaterThanOrEqual(0);
      for (const value of entropy!.values) expect(value).toBeGreaterThan(1e-3);
    },
  );

  it('of members that are sure of different classes knows as little as they differ', async () => {
    const sure = [0, 1, 2].map((label): EnsembleMember => {
      const weights = new Float32Array(networkOf(architecture([FEATURES, CLASSES])).parameters);
      weights[FEATURES * CLASSES + label] = 1000;
      return { architecture: architecture([FEATURES, CLASSES]), weights, takes: STANDARDISATION };
    });
    const { entropy, mutualInformation } = await outputsOf(sure, rawRows());
    const all = Array<number>(ROWS).fill(Math.log(3));
    expectClose(entropy!.values, all);
    expectClose(mutualInformation!.values, all);
  });

  it.each([1e4, 1e8, 1e15])('stays finite with weights of %s', async (std) => {
    const outputs = await outputsOf(members(3, architecture([FEATURES, CLASSES]), std), rawRows());
    for (const { values } of Object.values(outputs)) {
      for (const value of values) expect(Number.isFinite(value)).toBe(true);
    }
    for (const row of rowsOf(outputs.probabilities!.values)) {
      expect(Math.abs(row.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-6);
    }
    for (const value of outputs.entropy!.values) expect(value).toBeGreaterThanOrEqual(0);
  });

  it('has the border and versions that it promises, and its members as stacks', () => {
    const made = model(members(4), { memberProbabilities: true });
    expect(made.irVersion).toBeLessThanOrEqual(8);
    expect(made.opset).toBeLessThanOrEqual(15);
    expect(made.inputs).toEqual([{ name: 'input', type: 'float32', shape: ['N', FEATURES] }]);
    expect(made.outputs).toEqual([
      { name: 'probabilities', type: 'float32', shape: ['N', CLASSES] },
      { name: 'label', type: 'int64', shape: ['N'] },
      { name: 'entropy', type: 'float32', shape: ['N'] },
      { name: 'mutualInformation', type: 'float32', shape: ['N'] },
      { name: 'memberProbabilities', type: 'float32', shape: [4, 'N', CLASSES] },
    ]);
    const shapes = Object.fromEntries(made.initializers.map(({ name, shape }) => [name, shape]));
    expect(shapes).toMatchObject({
      'stack0.standardise.mean': [FEATURES],
      'stack0.w1': [4, FEATURES, 7],
      'stack0.b1': [4, 1, 7],
      'stack0.w3': [4, 4, CLASSES],
    });
    expect(encodeModel(made)).toEqual(
      encodeModel(model(members(4), { memberProbabilities: true })),
    );
  });

  it('is refused where its members do not fit together', () => {
    const wide = member(architecture([FEATURES + 1, CLASSES]), 1, { takes: 'raw' });
    const cases: [readonly EnsembleMember[], string, RegExp][] = [
      [[], 'shape-mismatch', /got none/],
      [members(MAX_MEMBERS + 1), 'too-large', /at most 256 .* got 257/],
      [[...members(1), wide], 'shape-mismatch', /5 features and 3 classes.* got 6-3/],
      [[{ ...members(1)[0]!, weights: new Float32Array(3) }], 'shape-mismatch', /got 3 for/],
      [[member(MLP, 1, { takes: { mean: [1], scale: [1] } })], 'shape-mismatch', /\[5\]/],
    ];
    for (const [of, code, message] of cases) {
      const error = thrownBy(() => model(of));
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
    }
  });

  it('is no network that can be read back as one', () => {
    const error = thrownBy(() => readClassifier(model(members(2))));
    expect(error).toMatchObject({ code: 'model-invalid' });
    expect(error.message).toContain('an ensemble of 2');
  });
});

describe('an ensemble elsewhere', () => {
  const x = rawRows();
  const of = [...members(18), ...members(2, RESIDUAL)];
  const names = ['probabilities', 'label', 'entropy', 'mutualInformation', 'memberProbabilities'];
  const bytes = (): Uint8Array => encodeModel(model(of, { memberProbabilities: true }));
  const expected = async (): Promise<Record<string, readonly number[]>> => {
    const { each, ...others } = await expectedOf(of, x);
    return { ...others, memberProbabilities: each.flat() };
  };

  it('agrees on onnxruntime-web (1e-5)', async () => {
    const session = await ortWeb.InferenceSession.create(bytes(), { executionProviders: ['wasm'] });
    const outputs = await session.run({ input: new ortWeb.Tensor('float32', x, [ROWS, FEATURES]) });
    await session.release();
    for (const [name, values] of Object.entries(await expected())) {
      const data = outputs[name]!.data as Float32Array | BigInt64Array;
      expectClose(Array.from(data, Number), values, 1e-5);
    }
  });

  it('passes the ONNX checker, and agrees on its reference evaluator and on onnxruntime for Python (1e-5)', async (context) => {
    const script = [
      'import base64, json, sys, numpy as np, onnx, onnxruntime',
      'from onnx.reference import ReferenceEvaluator',
      'request = json.load(sys.stdin)',
      'x = np.array(request["x"], "f4").reshape(-1, request["features"])',
      'file = base64.b64decode(request["model"])',
      'model = onnx.load_from_string(file)',
      'onnx.checker.check_model(model, full_check=True)',
      'session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])',
      'ways = [session.run, ReferenceEvaluator(model).run]',
      'outputs = [way(request["names"], {"input": x}) for way in ways]',
      'print(json.dumps([[np.asarray(o).ravel().tolist() for o in way] for way in outputs]))',
    ].join('\n');
    const request = { x: [...x], features: FEATURES, names };
    const model = Buffer.from(bytes()).toString('base64');
    const input = JSON.stringify({ ...request, model });
    const answer = runPython(script, { packages: ['onnx', 'onnxruntime', 'numpy'], input });
    if (answer.skipped) return context.skip(answer.reason);
    const byName = await expected();
    const ways = JSON.parse(answer.stdout) as number[][][];
    expect(ways).toHaveLength(2);
    for (const outputs of ways) {
      names.forEach((name, i) => {
        expectClose(outputs[i]!, byName[name]!, 1e-5);
      });
    }
  });
});
