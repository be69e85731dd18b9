import { architectureName } from '../network/architecture.js';
import { architectureFields } from '../network/architecture-fields.js';
import { networkOf } from '../network/network.js';
import { ensure } from '../errors.js';
import { foldInputScaling, unfoldInputScaling } from '../formats/input-scaling.js';
import type { NetworkInputs } from '../formats/network-inputs.js';
import type { Standardisation } from '../data/standardisation.js';
import type { Network } from './prepared-network.js';

/** A network, and what it takes. */
interface StoredNetwork extends Network {
  readonly weights: Float32Array;
  readonly takes: NetworkInputs;
}

/**
 * The network that computes the same function of raw features from features standardised as the
 * flow's are. Weights that are already of that kind stay as they are, to the last bit.
 *
 * @param standardisation - the flow's
 * @throws WeightspringError `unsupported-architecture` for another number of features
 */
export function networkForFlow(
  { architecture, weights, takes }: StoredNetwork,
  standardisation: Standardisation,
): Network {
  const features = standardisation.mean.length;
  ensure(
    networkOf(architecture).inputs === features,
    'unsupported-architecture',
    () => `the flow models networks of ${features} inputs, got ${architectureName(architecture)}`,
    architectureFields(architecture).input,
  );
  if (takes !== 'raw' && isSameStandardisation(takes, standardisation)) return { architecture, weights };
  const raw = takes === 'raw' ? weights : foldInputScaling(architecture, weights, takes);
  return { architecture, weights: unfoldInputScaling(architecture, raw, standardisation) };
}

/** Whether they agree as float32, which is what an ONNX graph keeps of either. */
export function isSameStandardisation(a: Standardisation, b: Standardisation): boolean {
  const agree = (these: readonly number[], those: readonly number[]): boolean =>
    these.every((value, i) => Math.fround(value) === Math.fround(those[i] as number));
  return agree(a.mean, b.mean) && agree(a.scale, b.scale);
}
