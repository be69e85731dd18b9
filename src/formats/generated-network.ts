/** One generated network as a complete file. */
export interface GeneratedNetwork {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Digest of `bytes`, hexadecimal. */
  readonly sha256: string;
  /** The same keys and values as the file's own metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Many networks in one zip file. */
export interface NetworkArchive {
  readonly bytes: Uint8Array;
  /** Digest of `bytes`, hexadecimal. */
  readonly sha256: string;
}
