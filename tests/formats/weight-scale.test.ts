import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { balancedForm } from '../../src/alignment/balanced-form.js';
import { DEFAULT_MODELS_DIR } from '../../src/package-info.js';
import { completeSampling } from '../../src/flows/sampling-options.js';
import { networkFileName } from '../../src/formats/file-name.js';
import type { GeneratedNetwork } from '../../src/formats/generated-network.js';
import { flatWeights } from '../../src/formats/torch-tensors.js';
import { architecture } from '../../src/network/architecture.js';
import { decodeModel } from '../../src/onnx/parse.js';
import { Random } from '../../src/random.js';
import { Sampler } from '../../src/sampling/sampler.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { readSafetensors } from '../support/network-file.js';
import { runModel } from '../support/run-model.js';
import { sampleJob } from '../support/sample-job.js';

const ARCH = architecture([4, 16, 16, 3]);
const ROWS = 30;

let sampler: Sampler;
beforeAll(async () => {
  sampler = await Sampler.open({ modelsDir: DEFAULT_MODELS_DIR });
});
afterAll(() => sampler.close());

const irisFlow = () => sampler.flows().find(({ name }) => name === 'iris')!;

async function fileOf(changes: Partial<SampleJob>): Promise<GeneratedNetwork> {
  const usual = { flow: 'iris', architecture: ARCH, ...completeSampling(irisFlow(), {}) };
  const [file] = await sampler.sample(sampleJob({ ...usual, ...changes }));
  return file!;
}

describe('balanced files', () => {
  it('hold the balanced form of the weights that are sampled otherwise', async () => {
    const separate = { format: 'safetensors', inputScaling: 'separate' } as const;
    const weightsOf = async (changes: Partial<SampleJob>): Promise<Float32Array> => {
      const { tensors } = readSafetensors((await fileOf({ ...separate, ...changes })).bytes);
      return flatWeights(ARCH, (name) => Float32Array.from(tensors.get(name)!));
    };
    const sampled = await weightsOf({});
    expect(await weightsOf({ weightScale: 'sampled' })).toEqual(sampled);
    const balanced = await weightsOf({ weightScale: 'balanced' });
    expect(balanced).toEqual(balancedForm(sampled, ARCH));
    expect(balanced).not.toEqual(sampled);
  });

  it.each([{}, { ensemble: 3, count: 3 }])('classify alike: %j', async (changes) => {
    const { inputMean, inputScale } = irisFlow();
    const random = new Random(5);
    const x = Float32Array.from(
      { length: ROWS * 4 },
      (_, i) => inputMean[i % 4]! + inputScale[i % 4]! * random.normal(),
    );
    const [expected, found] = await Promise.all(
      (['sampled', 'balanced'] as const).map(async (weightScale) => {
        const { bytes } = await fileOf({ ...changes, weightScale });
        const feed = { input: { shape: [ROWS, 4], data: x } };
        const [outputs] = await runModel(decodeModel(bytes), [feed]);
        return outputs!.probabilities!.values;
      }),
    );
    expect(new Set(expected).size).toBeGreaterThan(ROWS);
    found!.forEach((value, at) => {
      expect(value).toBeCloseTo(expected![at]!, 5);
    });
  });

  it('say so, and have a name of their own; the others say nothing', async () => {
    expect((await fileOf({ weightScale: 'balanced' })).metadata.weightScale).toBe('balanced');
    expect((await fileOf({ weightScale: 'sampled' })).metadata).not.toHaveProperty('weightScale');
    expect((await fileOf({ weightScale: 'sampled' })).sha256).toBe((await fileOf({})).sha256);
    const name = (weightScale: SampleJob['weightScale']) =>
      networkFileName(sampleJob({ weightScale }), 1, 0);
    expect(name('balanced')).toBe('toy-2-8-2-seed7-balanced.onnx');
    expect(name('sampled')).toBe('toy-2-8-2-seed7.onnx');
  });
});
