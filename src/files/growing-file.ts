import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { WeightspringError } from '../errors.js';
import { accessFile } from './file-error.js';

/** The length of the valid part of a growing file, and its digest. */
export interface FileMark {
  readonly bytes: number;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
}

/** The digest is computed over blocks of this size. */
const BLOCK_BYTES = 1 << 20;

/**
 * An append-only file of a process that may be killed at any moment. A mark, kept in a file that is
 * replaced atomically, says how much of it is valid. Opening the file drops what was appended after
 * the last mark.
 */
export class GrowingFile {
  #bytes: number;

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private readonly hash: Hash,
    bytes: number,
  ) {
    this.#bytes = bytes;
  }

  /**
   * Opens or creates the file, with the content up to the mark.
   *
   * @param mark - null: the file starts empty
   * @throws WeightspringError `data-corrupt` if the content does not match the mark
   */
  static async open(path: string, mark: FileMark | null): Promise<GrowingFile> {
    return accessFile({ action: 'write', path }, async () => {
      const file = await open(path, 'a+');
      try {
        const hash = createHash('sha256');
        const bytes = mark?.bytes ?? 0;
        await eachBlock(file, path, bytes, (block) => hash.update(block));
        if (mark !== null && hash.copy().digest('hex') !== mark.sha256) {
          throw damaged(path, 'its SHA-256 is not the one it was written with');
        }
        await file.truncate(bytes);
        return new GrowingFile(path, file, hash, bytes);
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }

  /** Appends and syncs. */
  async append(pieces: Iterable<Uint8Array>): Promise<FileMark> {
    return accessFile({ action: 'write', path: this.path }, async () => {
      for (const piece of pieces) {
        await this.file.appendFile(piece);
        this.hash.update(piece);
        this.#bytes += piece.length;
      }
      await this.file.datasync();
      return { bytes: this.#bytes, sha256: this.hash.copy().digest('hex') };
    });
  }

  /** A copy of bytes of the file. */
  async read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    await accessFile({ action: 'read', path: this.path }, () =>
      readFully(this.file, this.path, bytes, position),
    );
    return bytes;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

async function eachBlock(
  file: FileHandle,
  path: string,
  bytes: number,
  take: (block: Uint8Array) => void,
): Promise<void> {
  const block = new Uint8Array(Math.min(BLOCK_BYTES, bytes));
  for (let done = 0; done < bytes; done += BLOCK_BYTES) {
    const part = block.subarray(0, bytes - done);
    await readFully(file, path, part, done);
    take(part);
  }
}

async function readFully(
  file: FileHandle,
  path: string,
  into: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) throw damaged(path, `it ends before byte ${position + into.length}`);
    done += bytesRead;
  }
}

function damaged(path: string, problem: string): WeightspringError {
  return new WeightspringError(
    'data-corrupt',
    `${path} is damaged: ${problem}; delete its folder to start over`,
  );
}
