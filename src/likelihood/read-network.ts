import { ensure, WeightspringError } from '../errors.js';
import type { Standardisation } from '../data/standardisation.js';
import type { DecodedNetwork } from '../formats/kinds/file-format.js';
import type { InputScaling, NetworkInputs } from '../formats/network-inputs.js';
import { readNetworkFile } from '../formats/read-network-file.js';
import type { Activation } from '../network/architecture.js';
import { networkForFlow } from './network-for-flow.js';
import type { Network } from './prepared-network.js';

export interface ReadNetworkOptions {
  /** Of a file whose metadata name no architecture. */
  readonly activation: Activation;
  /** Of a file whose metadata do not tell; without it such a file is refused. */
  readonly inputScaling?: InputScaling | undefined;
  /** What the flow's networks take, `(x − mean) / scale`: what the network is read for. */
  readonly standardisation: Standardisation;
}

/**
 * Reads the network of a file: an ONNX classifier that this product wrote, or a safetensors or npz
 * file with the tensors of the `architecture` in its metadata or, where these name none, of
 * `torch.nn.Sequential(Linear, σ, Linear, …)`, `0.weight [out, in]`, `0.bias`, `2.weight`, …
 *
 * Its weights are those that compute, from features standardised as the flow's are, what the file
 * computes from raw ones: a file for raw features, or for another standardisation, is converted.
 *
 * @throws WeightspringError as `readNetworkFile`, `unsupported-architecture` for another number of
 *   features than the flow's, `invalid-argument` where nothing tells what the network takes
 */
export async function readNetwork(path: string, options: ReadNetworkOptions): Promise<Network> {
  const network = await readNetworkFile(path, options);
  try {
    const { architecture, weights } = network;
    const stored = { architecture, weights, takes: inputsOf(network, options) };
    return networkForFlow(stored, options.standardisation);
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

/** What the file says that its network takes, else what the options say. */
function inputsOf(
  { takes }: DecodedNetwork,
  { inputScaling, standardisation }: ReadNetworkOptions,
): NetworkInputs {
  if (takes !== undefined) return takes;
  ensure(
    inputScaling !== undefined,
    'invalid-argument',
    () =>
      'its metadata do not say whether it takes raw features (folded) or standardised ones ' +
      '(separate, as in files of release 0.1): say which with --input-scaling',
    'inputScaling',
  );
  return inputScaling === 'separate' ? standardisation : 'raw';
}
