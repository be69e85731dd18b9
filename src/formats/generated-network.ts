/** One generated network as a complete file. */
export interface GeneratedNetwork {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Digest of `bytes`, hexadecimal. */
  readonly sha256: string;
  /** The metadata in the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Many networks in one zip file. */
export interface NetworkArchive {
  readonly bytes: Uint8Array;
  /** Digest of `bytes`, hexadecimal. */
  readonly sha256: string;
}
