import { basename } from 'node:path';
import { digest } from '../data/digest.js';
import { ensure, WeightspringError } from '../errors.js';
import type { Activation } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { encodeModel } from '../onnx/serialize.js';
import { buildEnsemble, checkMemberCount } from './ensemble.js';
import { ensembleMetadata } from './ensemble-metadata.js';
import { stacksOf, type EnsembleMember } from './ensemble-stacks.js';
import type { DecodedNetwork } from './kinds/file-format.js';
import type { InputScaling, NetworkInputs } from './network-inputs.js';
import { readNetworkFile } from './read-network-file.js';

export interface EnsembleFilesOptions {
  /** Of files whose metadata name no architecture. Default `relu`. */
  readonly activation?: Activation | undefined;
  /** Of files whose metadata do not tell; without it such a file is refused. */
  readonly inputScaling?: Extract<InputScaling, 'folded'> | undefined;
  /** Whether the ensemble also gives the probabilities of each member. Default false. */
  readonly memberProbabilities?: boolean | undefined;
}

/** An ensemble as a complete file. */
export interface EnsembleFile {
  readonly bytes: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
  /** Paths of the members, in the order in which the ensemble has them. */
  readonly members: readonly string[];
  /** Numbers of members that are computed together. */
  readonly stacks: readonly number[];
}

/** A member and the file that it comes from. */
interface MemberFile extends EnsembleMember {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What members have to say alike, where they say it. */
const SIGNATURE = ['featureNames', 'classNames'] as const;

/**
 * Makes one ONNX classifier of the classifiers in several files, which need not be trusted. They
 * may be of different architectures and formats, but read the same features and give the same
 * classes.
 *
 * @example
 * const { bytes, members } = await ensembleOfFiles(['a.onnx', 'b.safetensors', 'c.npz']);
 * await writeFile('ensemble.onnx', bytes);
 *
 * @throws WeightspringError as `readNetworkFile`, `shape-mismatch` for other features or classes,
 *   `data-corrupt` for weights that are not those of the file's metadata or not finite,
 *   `invalid-argument` where nothing tells what a network takes, `too-large` for too many
 */
export async function ensembleOfFiles(
  paths: readonly string[],
  options: EnsembleFilesOptions = {},
): Promise<EnsembleFile> {
  const { activation = 'relu', memberProbabilities } = options;
  checkMemberCount(paths.length);
  const files: MemberFile[] = [];
  for (const path of paths) {
    const network = await readNetworkFile(path, { activation });
    try {
      const file = { ...memberOf(network, options), path, metadata: network.metadata };
      checkSignature(file, files[0]);
      files.push(file);
    } catch (error) {
      if (!(error instanceof WeightspringError)) throw error;
      throw new WeightspringError(error.code, `${path}: ${error.message}`, { cause: error });
    }
  }
  const stacks = stacksOf(files);
  const members = stacks.flatMap((stack) => stack.members);
  const metadata = ensembleMetadata(
    members.map(({ architecture, path, metadata: own }) => ({
      ...own,
      architecture: JSON.stringify(architecture),
      file: basename(path),
    })),
  );
  return {
    bytes: encodeModel(buildEnsemble({ members, metadata, memberProbabilities })),
    metadata,
    members: members.map(({ path }) => path),
    stacks: stacks.map((stack) => stack.members.length),
  };
}

function memberOf(
  { architecture, weights, takes, metadata }: DecodedNetwork,
  { inputScaling }: EnsembleFilesOptions,
): EnsembleMember {
  const inputs = takes ?? (inputScaling === 'folded' ? 'raw' : undefined);
  ensure(
    inputs !== undefined,
    'invalid-argument',
    () =>
      'its metadata do not say what the network takes: if raw features, say so with ' +
      '--input-scaling folded',
    'inputScaling',
  );
  ensure(
    weights.every(Number.isFinite) && isFinite(inputs),
    'data-corrupt',
    () => 'its weights or its standardisation are not all finite, and would make every mean so',
  );
  const { weightsSha256 } = metadata;
  ensure(
    weightsSha256 === undefined || weightsSha256 === digest(weights),
    'data-corrupt',
    () =>
      'its weights are not those that its metadata certify (weightsSha256): write the file ' +
      'without these metadata if the weights were changed on purpose',
  );
  return { architecture, weights, takes: inputs };
}

function isFinite(takes: NetworkInputs): boolean {
  if (takes === 'raw') return true;
  return takes.mean.every(Number.isFinite) && takes.scale.every((s) => s > 0 && s < Infinity);
}

/** @throws WeightspringError `shape-mismatch` for a member of another signature than the first */
function checkSignature(file: MemberFile, first: MemberFile = file): void {
  const [network, expected] = [file, first].map(({ architecture }) => networkOf(architecture));
  ensure(
    network?.inputs === expected?.inputs && network?.outputs === expected?.outputs,
    'shape-mismatch',
    () =>
      `expected ${String(expected?.inputs)} features and ${String(expected?.outputs)} classes, ` +
      `as in ${first.path}, got ${String(network?.inputs)} and ${String(network?.outputs)}`,
  );
  for (const key of SIGNATURE) {
    const [own, other] = [file.metadata[key], first.metadata[key]];
    ensure(
      own === undefined || other === undefined || own === other,
      'shape-mismatch',
      () =>
        `expected the ${key} of ${first.path}, ${String(other).slice(0, 100)}, got ` +
        String(own).slice(0, 100),
    );
  }
}
