import { describe, expect, it } from 'vitest';
import { certificateIn } from '../../src/formats/certificate.js';
import { encodeNetwork } from '../../src/formats/encode-network.js';
import { networkFileName } from '../../src/formats/file-name.js';
import { checkInputScaling, foldInputScaling } from '../../src/formats/input-scaling.js';
import {
  CLASSIFIER_FORMATS,
  DEFAULT_NETWORK_FORMAT,
  fileFormat,
  NETWORK_FORMATS,
  WEIGHT_FORMATS,
} from '../../src/formats/network-format.js';
import { INPUT_SCALINGS, type InputScaling } from '../../src/formats/network-inputs.js';
import { fileMetadata, provenanceOf } from '../../src/formats/provenance.js';
import { flatWeights, torchTensors } from '../../src/formats/torch-tensors.js';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { forward } from '../../src/network/forward.js';
import { Random } from '../../src/random.js';
import { thrownBy } from '../support/error-code.js';
import { FORMAT_CASES } from './cases.js';

const ARCHITECTURE = architecture([3, 4, 2], 'tanh');
const WEIGHTS = new Random(1).normals(networkOf(ARCHITECTURE).parameters);
const STANDARDISATION = { mean: [10, -2, 0.5], scale: [4, 0.5, 2] };
const ROWS = 5;
const CERTIFICATE = {
  noveltyDistance: 12.5,
  noveltyRatio: 0.98,
  noveltyNearestRun: 3,
  noveltyRuns: 50,
  noveltyMedianRatio: null,
  noveltyReason: null,
  weightsSha256: '0'.repeat(64),
};

describe('the registry of formats', () => {
  it('has names, each with an extension of its own', () => {
    const extensions = NETWORK_FORMATS.map((format) => fileFormat(format).extension);
    expect(new Set(extensions).size).toBe(NETWORK_FORMATS.length);
    for (const extension of extensions) expect(extension).toMatch(/^\.[a-z]+$/);
    // What `sample` and the service give several networks in.
    expect(extensions).not.toContain('.zip');
  });

  it('knows each as a classifier or as weights, and gives a classifier unless asked', () => {
    expect([...CLASSIFIER_FORMATS, ...WEIGHT_FORMATS].sort()).toEqual([...NETWORK_FORMATS].sort());
    expect(CLASSIFIER_FORMATS).toContain(DEFAULT_NETWORK_FORMAT);
  });
});

describe.each(NETWORK_FORMATS)('the format %s', (format) => {
  const { extension, holds } = fileFormat(format);
  const { read, others } = FORMAT_CASES[format];

  const request = (inputScaling: InputScaling) => ({
    flow: 'toy',
    architecture: ARCHITECTURE,
    seed: 7,
    steps: 2,
    solver: 'euler' as const,
    timeGrid: 'uniform' as const,
    stochasticity: { strength: 0, from: 0, to: 1 },
    format,
    inputScaling,
  });

  const metadataOf = (inputScaling: InputScaling) =>
    fileMetadata(provenanceOf(request(inputScaling), false), {
      flow: { name: 'toy', sha256: 'a', featureNames: ['ü', '"', 'c'], classNames: ['no', 'yes'] },
      configSha256: 'b',
      index: 0,
      provider: 'cpu',
      standardisation: STANDARDISATION,
      certificate: CERTIFICATE,
    });

  const encode = (inputScaling: InputScaling): Uint8Array =>
    encodeNetwork(request(inputScaling), {
      weights: WEIGHTS,
      standardisation: STANDARDISATION,
      describe: () => metadataOf(inputScaling),
    }).bytes;

  it('gives equal bytes for equal networks', () => {
    expect(encode('folded')).toEqual(encode('folded'));
  });

  it.each(INPUT_SCALINGS)('reads back what it wrote with inputs %s', (scaling) => {
    if (holds === 'classifier' && scaling === 'separate') return;
    const metadata = metadataOf(scaling);
    const decoded = fileFormat(format).decode?.(encode(scaling), { activation: 'relu' });
    const isFolded = holds === 'weights' && scaling === 'folded';
    const { mean, scale } = STANDARDISATION;
    expect(decoded).toEqual({
      architecture: ARCHITECTURE,
      weights: isFolded ? foldInputScaling(ARCHITECTURE, WEIGHTS, STANDARDISATION) : WEIGHTS,
      takes: isFolded ? 'raw' : { mean, scale },
      metadata,
    });
  });

  it('holds the certificate of the network', () => {
    const decoded = fileFormat(format).decode?.(encode('folded'), { activation: 'relu' });
    expect(certificateIn(decoded?.metadata ?? {})).toEqual(CERTIFICATE);
  });

  it('recognises no file of another format', () => {
    for (const other of NETWORK_FORMATS) {
      const { recognises } = fileFormat(other);
      const isOwn = other === format && recognises !== undefined;
      expect(recognises?.(encode('folded')) ?? false).toBe(isOwn);
    }
    expect(fileFormat(format).recognises?.(new Uint8Array()) ?? false).toBe(false);
  });

  it('names its files by its extension', () => {
    expect(networkFileName(request('folded'), 2, 1)).toBe(`toy-3-4-2-seed7-1${extension}`);
  });

  it('holds the tensors of torch in order, beside them what it says, and all metadata', () => {
    const file = read(encode('folded'));
    expect([...file.tensors.keys()]).toEqual(
      torchTensors(ARCHITECTURE, WEIGHTS).map(({ name }) => name),
    );
    expect([...file.others.keys()]).toEqual(others);
    expect(file.metadata).toEqual(metadataOf('folded'));
    expect(file.metadata.inputScaling).toBe(holds === 'classifier' ? 'graph' : 'folded');
  });

  it.each(INPUT_SCALINGS)('with inputs %s computes what the network does (1e-5)', (scaling) => {
    if (holds === 'classifier' && scaling === 'separate') {
      const refused = thrownBy(() => {
        checkInputScaling(request(scaling));
      });
      expect(refused).toMatchObject({ code: 'invalid-argument' });
      expect(refused.message).toContain(WEIGHT_FORMATS.join(' or '));
      return;
    }
    checkInputScaling(request(scaling));
    const { tensors } = read(encode(scaling));
    const weights = flatWeights(ARCHITECTURE, (name) => Float32Array.from(tensors.get(name)!));
    const standardised = Float64Array.from(new Random(2).normals(3 * ROWS));
    const { mean, scale } = STANDARDISATION;
    const raw = standardised.map((z, i) => mean[i % 3]! + z * scale[i % 3]!);
    const takesRaw = holds === 'weights' && scaling === 'folded';
    const actual = forward(ARCHITECTURE, weights, takesRaw ? raw : standardised);
    forward(ARCHITECTURE, WEIGHTS, standardised).forEach((expected, i) => {
      expect(Math.abs(actual[i]! - expected)).toBeLessThan(1e-5);
    });
  });
});
