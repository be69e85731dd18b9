import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parameterCount } from '../architecture/architecture.js';
import { WeightspringError } from '../errors.js';
import { errorSetBytes } from './error-set.js';
import { Zoo, type FinalRecord, type ZooHeader, type ZooNetwork } from './zoo.js';

/*
 * The file, little-endian:
 *   preamble   64 bytes: "WSPRZOO1", length of the body and of the JSON at its end (2 × uint64),
 *              8 bytes of zeros, SHA-256 of the body
 *   weights    float32, network after network in the order of the index
 *   errors     one error set per final record
 *   JSON       the header, the index of the networks, the metrics of the finals
 * The JSON comes last so that weights can be written as they are visited; the preamble is written
 * when all lengths are known.
 */
const MAGIC = 'WSPRZOO1';
const PREAMBLE_BYTES = 64;
/** Whole networks are read together up to this size. */
const READ_BLOCK_BYTES = 1 << 26;

/** One row per network: architecture, run, step, and 1 for final weights. */
type IndexRow = readonly [architecture: number, run: number, step: number, isFinal: 0 | 1];

interface ZooJson {
  readonly header: ZooHeader;
  readonly index: readonly IndexRow[];
  readonly finals: readonly Omit<FinalRecord, 'errors'>[];
}

/**
 * Writes a zoo to one file. The file appears whole or not at all, its folder with it.
 */
export async function writeZoo(zoo: Zoo, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.part`;
  const file = await open(draft, 'wx');
  try {
    await writeContents(zoo, file);
    await file.sync();
    await file.close();
    await rename(draft, path);
  } catch (cause) {
    await file.close();
    await rm(draft, { force: true });
    throw cause;
  }
}

async function writeContents(zoo: Zoo, file: FileHandle): Promise<void> {
  const hash = createHash('sha256');
  let position = PREAMBLE_BYTES;
  const append = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes);
    await writeBytes(file, bytes, position);
    position += bytes.length;
  };
  for (const { weights } of zoo.networks) await append(bytesOf(weights));
  for (const { errors } of zoo.finals) await append(errors);
  const json: ZooJson = {
    header: zoo.header,
    index: zoo.networks.map(({ architecture, run, step, isFinal }) => [
      architecture,
      run,
      step,
      isFinal ? 1 : 0,
    ]),
    finals: zoo.finals.map(({ architecture, run, train, validation, test }) => ({
      architecture,
      run,
      train,
      validation,
      test,
    })),
  };
  const text = Buffer.from(JSON.stringify(json), 'utf8');
  await append(text);
  const preamble = Buffer.alloc(PREAMBLE_BYTES);
  preamble.write(MAGIC, 'latin1');
  preamble.writeBigUInt64LE(BigInt(position - PREAMBLE_BYTES), 8);
  preamble.writeBigUInt64LE(BigInt(text.length), 16);
  hash.digest().copy(preamble, 32);
  await writeBytes(file, preamble, 0);
}

/** Writes all of `bytes`: one call may take fewer, and says that a disk is full only the next time. */
async function writeBytes(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/**
 * Reads a zoo file, checking its length and digest.
 *
 * @throws WeightspringError `data-missing` when it cannot be opened; `data-corrupt` when it is not
 * a zoo file, truncated or damaged
 */
export async function readZoo(path: string): Promise<Zoo> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new WeightspringError(
      'data-missing',
      `expected a zoo file at '${path}' (${String(cause)}); make one with 'weightspring zoo train'`,
      { cause },
    );
  });
  try {
    return await readContents(file, path);
  } finally {
    await file.close();
  }
}

async function readContents(file: FileHandle, path: string): Promise<Zoo> {
  const preamble = await readBytes(file, 0, PREAMBLE_BYTES, path);
  if (preamble.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw damaged(path, `it does not begin with ${MAGIC}: not a zoo file, or of another release`);
  }
  const bodyBytes = Number(preamble.readBigUInt64LE(8));
  const jsonBytes = Number(preamble.readBigUInt64LE(16));
  const { size } = await file.stat();
  if (size !== PREAMBLE_BYTES + bodyBytes || jsonBytes > bodyBytes) {
    throw damaged(path, `expected ${PREAMBLE_BYTES + bodyBytes} bytes, got ${size}`);
  }
  await verifyDigest(file, path, preamble.subarray(32), bodyBytes);
  const text = await readBytes(file, size - jsonBytes, jsonBytes, path);
  // The digest vouches that these bytes are what writeZoo of this format wrote.
  const { header, index, finals } = JSON.parse(text.toString('utf8')) as ZooJson;
  const sizes = header.architectures.map(({ architecture }) => parameterCount(architecture));
  const networks = await readNetworks(file, path, index, sizes);
  const errorBytes = errorSetBytes(header.data.rows);
  const errorsStart = size - jsonBytes - finals.length * errorBytes;
  const errors = await readBytes(file, errorsStart, finals.length * errorBytes, path);
  return new Zoo(
    header,
    networks,
    finals.map((final, i) => ({
      ...final,
      errors: Uint8Array.from(errors.subarray(i * errorBytes, (i + 1) * errorBytes)),
    })),
  );
}

async function verifyDigest(
  file: FileHandle,
  path: string,
  expected: Buffer,
  bodyBytes: number,
): Promise<void> {
  const hash = createHash('sha256');
  for (let done = 0; done < bodyBytes; done += READ_BLOCK_BYTES) {
    const length = Math.min(READ_BLOCK_BYTES, bodyBytes - done);
    hash.update(await readBytes(file, PREAMBLE_BYTES + done, length, path));
  }
  if (!hash.digest().equals(expected)) {
    throw damaged(path, 'its SHA-256 is not the one it was written with');
  }
}

async function readNetworks(
  file: FileHandle,
  path: string,
  index: readonly IndexRow[],
  sizes: readonly number[],
): Promise<readonly ZooNetwork[]> {
  const networks: ZooNetwork[] = [];
  let position = PREAMBLE_BYTES;
  let next = 0;
  while (next < index.length) {
    const block: { row: IndexRow; offset: number; size: number }[] = [];
    let floats = 0;
    do {
      const row = index[next] as IndexRow;
      const size = sizes[row[0]] as number;
      block.push({ row, offset: floats, size });
      floats += size;
      next++;
    } while (next < index.length && 4 * floats < READ_BLOCK_BYTES);
    const bytes = await readBytes(file, position, 4 * floats, path);
    const weights = new Float32Array(bytes.buffer, bytes.byteOffset, floats);
    position += bytes.length;
    for (const { row, offset, size } of block) {
      const [architecture, run, step, isFinal] = row;
      networks.push({
        architecture,
        run,
        step,
        isFinal: isFinal === 1,
        weights: weights.subarray(offset, offset + size),
      });
    }
  }
  return networks;
}

async function readBytes(
  file: FileHandle,
  position: number,
  length: number,
  path: string,
): Promise<Buffer> {
  // Not from the buffer pool: float32 views need an offset that is a multiple of four.
  const buffer = Buffer.from(new ArrayBuffer(length));
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) throw damaged(path, `it ends before byte ${position + length}`);
    done += bytesRead;
  }
  return buffer;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function damaged(path: string, problem: string): WeightspringError {
  return new WeightspringError(
    'data-corrupt',
    `'${path}' cannot be read as a zoo: ${problem}; train it again or take an undamaged copy`,
  );
}
