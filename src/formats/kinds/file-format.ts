import type { Standardisation } from '../../data/standardisation.js';
import type { Architecture } from '../../network/architecture.js';

/** What a file holds: everything that its format needs to write it. */
export interface FileContent {
  readonly architecture: Architecture;
  /** Flat, as the file is to hold them. */
  readonly weights: Float32Array;
  readonly standardisation: Standardisation;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file format of generated networks. */
export interface FileFormat {
  /** With its dot. */
  readonly extension: `.${string}`;
  readonly mediaType: string;
  /**
   * - `classifier`: a graph that standardises raw features by itself, so its first layer always
   *   takes standardised ones
   * - `weights`: the tensors alone, whose first layer takes what was asked for
   */
  readonly holds: 'classifier' | 'weights';
  readonly encode: (content: FileContent) => Uint8Array;
}
