import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture, type Activation } from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import { decodeModel } from '../../src/onnx/parse.js';
import { DEFAULT_MODELS_DIR } from '../../src/package-info.js';
import { Random } from '../../src/random.js';
import type { GeneratedNetwork } from '../../src/formats/generated-network.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { completeSampling } from '../../src/flows/sampling-options.js';
import { flatWeights } from '../../src/formats/torch-tensors.js';
import { readNpz, readSafetensors, type NetworkFile } from '../support/network-file.js';
import { runPython } from '../support/python.js';
import { runModel } from '../support/run-model.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

const ROWS = 16;

/** A sampler of the shipped flows, and one of a toy with another activation. */
let shipped: Sampler;
let toy: ToyFlow;
let toySampler: Sampler;

beforeAll(async () => {
  shipped = await Sampler.open({ modelsDir: DEFAULT_MODELS_DIR });
  toy = await writeToyFlow();
  toySampler = await Sampler.open({ modelsDir: toy.modelsDir });
});

afterAll(async () => {
  await shipped.close();
  await toySampler.close();
  await toy.remove();
});

const CASES: readonly (readonly [string, readonly number[], Activation])[] = [
  ['wdbc', [30, 8, 2], 'relu'],
  ['wdbc', [30, 16, 16, 2], 'relu'],
  ['mnist', [784, 10, 10], 'relu'],
  [TOY_FLOW, [2, 8, 5, 2], 'tanh'],
];

type Choice = Pick<SampleJob, 'format' | 'inputScaling'>;

/** One network of a seed, as files of several kinds. */
async function filesOf(
  [flow, layers, activation]: (typeof CASES)[number],
  choices: readonly Choice[],
): Promise<readonly GeneratedNetwork[]> {
  const sampler = flow === TOY_FLOW ? toySampler : shipped;
  const summary = sampler.flows().find(({ name }) => name === flow)!;
  const job = {
    flow,
    architecture: architecture(layers, activation),
    seed: 3,
    firstIndex: 0,
    count: 1,
    ...completeSampling(summary, {}),
  };
  const files: GeneratedNetwork[] = [];
  for (const choice of choices) {
    files.push(...(await sampler.sample({ ...job, ...choice })));
  }
  return files;
}

/** Rows as they come from a data set: around each feature's mean; whole grey values for images. */
function rawRows(flow: string): Float32Array {
  const sampler = flow === TOY_FLOW ? toySampler : shipped;
  const { inputMean, inputScale } = sampler.flows().find(({ name }) => name === flow)!;
  const random = new Random(1, flow);
  return Float32Array.from({ length: ROWS * inputMean.length }, (_, i) => {
    const feature = i % inputMean.length;
    const value = inputMean[feature]! + random.normal() * inputScale[feature]!;
    return flow === 'mnist' ? Math.min(255, Math.max(0, Math.round(value))) : value;
  });
}

function logitsOf(file: NetworkFile, x: Float32Array | Float64Array): Float64Array {
  const arch = JSON.parse(file.metadata.architecture!) as SampleJob['architecture'];
  const weights = flatWeights(arch, (name) => Float32Array.from(file.tensors.get(name)!));
  return forward(arch, weights, x);
}

const numbers = (json: string | undefined): number[] => JSON.parse(json!) as number[];

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe('weights without a graph', () => {
  it.each(CASES)(
    'of %s %j compute the logits of the ONNX classifier from raw features (1e-4)',
    { timeout: 60_000 },
    async (...network) => {
      const [flow] = network;
      const [onnx, ...rest] = await filesOf(network, [
        { format: 'onnx', inputScaling: 'folded' },
        { format: 'safetensors', inputScaling: 'folded' },
        { format: 'npz', inputScaling: 'folded' },
        { format: 'safetensors', inputScaling: 'separate' },
        { format: 'npz', inputScaling: 'separate' },
      ]);
      const x = rawRows(flow);
      const model = decodeModel(onnx!.bytes);
      const feed = { shape: [ROWS, x.length / ROWS], data: x };
      const [outputs] = await runModel(model, [{ input: feed }]);
      const expected = outputs!.logits!.values;
      expect(model.metadata.inputScaling).toBe('graph');

      const [safetensors, npz, apart, apartNpz] = rest.map(({ bytes }, i) =>
        i % 2 === 0 ? readSafetensors(bytes) : readNpz(bytes),
      ) as [NetworkFile, NetworkFile, NetworkFile, NetworkFile];
      for (const file of [safetensors, npz]) {
        expect(file.metadata.inputScaling).toBe('folded');
        expect(distance(logitsOf(file, x), expected)).toBeLessThan(1e-4);
      }
      for (const file of [apart, apartNpz]) {
        expect(file.metadata.inputScaling).toBe('separate');
        const { inputMean, inputScale } = file.metadata;
        const [mean, scale] = [numbers(inputMean), numbers(inputScale)];
        const standardised = Float64Array.from(
          x,
          (value, i) => (value - mean[i % mean.length]!) / scale[i % mean.length]!,
        );
        expect(distance(logitsOf(file, standardised), expected)).toBeLessThan(1e-4);
        expect(distance(logitsOf(file, x), expected)).toBeGreaterThan(0.1);
      }
    },
  );

  it('tell mean and scale in every format, as the graph holds them', async () => {
    for (const network of CASES) {
      const [onnx, safetensors, npz] = await filesOf(network, [
        { format: 'onnx', inputScaling: 'folded' },
        { format: 'safetensors', inputScaling: 'folded' },
        { format: 'npz', inputScaling: 'separate' },
      ]);
      const model = decodeModel(onnx!.bytes);
      const initial = (name: string): unknown =>
        model.initializers.find((initializer) => initializer.name === name)!.data;
      const [mean, scale] = [initial('standardise.mean'), initial('standardise.scale')];
      const files = [model, readSafetensors(safetensors!.bytes), readNpz(npz!.bytes)];
      files.forEach(({ metadata }, i) => {
        expect(metadata).toEqual([onnx, safetensors, npz][i]!.metadata);
        expect(Float32Array.from(numbers(metadata.inputMean))).toEqual(mean);
        expect(Float32Array.from(numbers(metadata.inputScale))).toEqual(scale);
      });
      const { others } = readNpz(npz!.bytes);
      expect(Float32Array.from(others.get('input.mean')!)).toEqual(mean);
      expect(Float32Array.from(others.get('input.scale')!)).toEqual(scale);
    }
  });

  it(
    'load into torch.nn.Sequential and agree there (1e-4)',
    { timeout: 180_000 },
    async (context) => {
      const networks = [];
      for (const network of CASES) {
        const files = await filesOf(network, [
          { format: 'onnx', inputScaling: 'folded' },
          { format: 'safetensors', inputScaling: 'folded' },
          { format: 'npz', inputScaling: 'folded' },
          { format: 'safetensors', inputScaling: 'separate' },
          { format: 'npz', inputScaling: 'separate' },
        ]);
        const [onnx, ...weights] = files.map(({ bytes }) => Buffer.from(bytes).toString('base64'));
        networks.push({ onnx, weights, x: [...rawRows(network[0])] });
      }
      const script = `
import base64, io, json, sys, numpy as np, onnxruntime, torch
from safetensors.torch import load

ACTIVATIONS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}

def sequential(architecture):
    layers, modules = architecture["layers"], []
    for inputs, outputs in zip(layers, layers[1:]):
        modules += [torch.nn.Linear(inputs, outputs), ACTIVATIONS[architecture["activation"]]()]
    return torch.nn.Sequential(*modules[:-1])

def read(file):
    if file[:2] != b"PK":
        header = json.loads(file[8:8 + int.from_bytes(file[:8], "little")])
        return load(file), header["__metadata__"]
    arrays = dict(np.load(io.BytesIO(file)))
    metadata = json.loads(arrays.pop("metadata").tobytes())
    return {k: torch.from_numpy(v) for k, v in arrays.items() if k[0].isdigit()}, metadata

answer = []
for network in json.load(sys.stdin):
    onnx = base64.b64decode(network["onnx"])
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    x = np.array(network["x"], "f4").reshape(${ROWS}, -1)
    logits, = session.run(["logits"], {"input": x})
    for file in map(base64.b64decode, network["weights"]):
        state, metadata = read(file)
        model = sequential(json.loads(metadata["architecture"]))
        model.load_state_dict(state)
        features = torch.from_numpy(x)
        if metadata["inputScaling"] == "separate":
            mean, scale = (torch.tensor(json.loads(metadata[k])) for k in ("inputMean", "inputScale"))
            features = (features - mean) / scale
        with torch.no_grad():
            answer.append(float(np.abs(model(features).numpy() - logits).max()))
print(json.dumps(answer))
`;
      const packages = ['torch', 'onnxruntime', 'numpy', 'safetensors'];
      const answer = runPython(script, { packages, input: JSON.stringify(networks) });
      if (answer.skipped) return context.skip(answer.reason);
      const distances = JSON.parse(answer.stdout) as number[];
      expect(distances).toHaveLength(4 * CASES.length);
      expect(Math.max(...distances)).toBeLessThan(1e-4);
    },
  );
});
