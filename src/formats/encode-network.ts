import { encodeSafetensors, type NamedTensor } from '../files/safetensors.js';
import { encodeModel } from '../onnx/serialize.js';
import type { Standardisation } from '../data/standardisation.js';
import { buildClassifier } from './classifier.js';
import type { NetworkRequest } from './provenance.js';
import { foldInputScaling } from './input-scaling.js';
import { encodeNpz } from './npz.js';
import { torchTensors } from './torch-tensors.js';

/** What becomes a file. */
export interface NetworkContent {
  /** Of standardised features; flat. */
  readonly weights: Float32Array;
  readonly standardisation: Standardisation;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A network as a file of the job's format, for raw features unless the job says otherwise. */
export function encodeNetwork(
  {
    architecture,
    format,
    inputScaling,
  }: Pick<NetworkRequest, 'architecture' | 'format' | 'inputScaling'>,
  { weights, standardisation, metadata }: NetworkContent,
): Uint8Array {
  if (format === 'onnx') {
    return encodeModel(buildClassifier({ architecture, weights, standardisation, metadata }));
  }
  const tensors = torchTensors(
    architecture,
    inputScaling === 'folded' ? foldInputScaling(architecture, weights, standardisation) : weights,
  );
  if (format === 'safetensors') return encodeSafetensors(tensors, metadata);
  return encodeNpz([...tensors, ...standardisationTensors(standardisation)], metadata);
}

function standardisationTensors({ mean, scale }: Standardisation): readonly NamedTensor[] {
  return Object.entries({ mean, scale }).map(([name, values]) => ({
    name: `input.${name}`,
    shape: [values.length],
    data: Float32Array.from(values),
  }));
}
