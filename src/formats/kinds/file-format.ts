import type { Standardisation } from '../../data/standardisation.js';
import type { Activation, Architecture } from '../../network/architecture.js';
import type { NetworkInputs } from '../network-inputs.js';

/** Everything needed to write a file. */
export interface FileContent {
  readonly architecture: Architecture;
  /** Flat, as the file should hold them. */
  readonly weights: Float32Array;
  readonly standardisation: Standardisation;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A network as it stands in a file. */
export interface DecodedNetwork {
  readonly architecture: Architecture;
  /** Flat, as the file holds them. */
  readonly weights: Float32Array;
  /** What its first layer takes; undefined where the file does not say. */
  readonly takes: NetworkInputs | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a file may leave open. */
export interface DecodeOptions {
  /** Of a file whose metadata name no architecture. */
  readonly activation: Activation;
}

/** A file format of generated networks. */
export interface FileFormat {
  /** With its dot. */
  readonly extension: `.${string}`;
  readonly mediaType: string;
  /**
   * - `classifier`: a graph that standardises raw features itself
   * - `weights`: tensors only; the request decides which features the first layer takes
   */
  readonly holds: 'classifier' | 'weights';
  readonly encode: (content: FileContent) => Uint8Array;
  /** Whether bytes are of this format, damaged or not. Absent where only the extension tells. */
  readonly recognises?: (bytes: Uint8Array) => boolean;
  /**
   * Reads a file that need not be trusted. Absent where the format cannot be read back.
   *
   * @throws WeightspringError `model-invalid`, `data-corrupt` or `shape-mismatch`
   */
  readonly decode?: (bytes: Uint8Array, options: DecodeOptions) => DecodedNetwork;
}
