import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { architectureSchema } from '../network/grammar.js';
import { networkOf } from '../network/network.js';
import { WeightspringError } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { accessFile } from '../files/file-error.js';
import { parseWith } from '../files/schema-problem.js';
import { errorSetBytes } from './error-set.js';
import { Zoo, type FinalRecord, type ZooHeader, type ZooNetwork } from './zoo.js';

/*
 * The file, little-endian:
 *   preamble   64 bytes: "WSPRZOO2", length of the body and of the JSON at its end (2 × uint64),
 *              8 bytes of zeros, SHA-256 of these 32 bytes and the body
 *   weights    float32, network after network in the order of the index
 *   errors     one error set per final record
 *   JSON       the header, the index of the networks, the metrics of the finals
 */
const MAGIC = 'WSPRZOO2';
/** Format whose digest covers the body only. */
const OLD_MAGIC = 'WSPRZOO1';
const PREAMBLE_BYTES = 64;
/** Offset of the digest, which covers everything before it. */
const DIGEST_START = 32;
/** Whole networks are read together up to this size. */
const READ_BLOCK_BYTES = 1 << 26;

/** One row per network: architecture, run, step, and 1 for final weights. */
type IndexRow = readonly [architecture: number, run: number, step: number, isFinal: 0 | 1];

interface ZooJson {
  readonly header: ZooHeader;
  readonly index: readonly IndexRow[];
  readonly finals: readonly Omit<FinalRecord, 'errors'>[];
}

/** Writes a zoo to one file, atomically; creates its folder. */
export async function writeZoo(zoo: Zoo, path: string): Promise<void> {
  const text = Buffer.from(JSON.stringify(zooJson(zoo)), 'utf8');
  const body = [
    ...zoo.networks.map(({ weights }) => bytesOf(weights)),
    ...zoo.finals.map(({ errors }) => errors),
    text,
  ];
  const preamble = Buffer.alloc(PREAMBLE_BYTES);
  preamble.write(MAGIC, 'latin1');
  preamble.writeBigUInt64LE(BigInt(body.reduce((sum, { length }) => sum + length, 0)), 8);
  preamble.writeBigUInt64LE(BigInt(text.length), 16);
  const hash = startDigest(preamble);
  for (const piece of body) hash.update(piece);
  hash.digest().copy(preamble, DIGEST_START);
  await writeFileAtomic(path, [preamble, ...body]);
}

function zooJson(zoo: Zoo): ZooJson {
  return {
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
}

function startDigest(preamble: Buffer): Hash {
  return createHash('sha256').update(preamble.subarray(0, DIGEST_START));
}

/**
 * Reads a zoo file, checking its length and digest.
 *
 * @throws WeightspringError `data-missing` if there is none, `invalid-argument` if it cannot be opened;
 * `data-corrupt` if it is not a zoo file, from an earlier release, truncated or damaged
 */
export async function readZoo(path: string): Promise<Zoo> {
  const use = {
    action: 'read',
    path,
    what: 'a zoo file',
    missing: { code: 'data-missing', advice: "make one with 'weightspring zoo train'" },
  } as const;
  return accessFile(use, async () => {
    const file = await open(path, 'r');
    try {
      return await readContents(file, path);
    } finally {
      await file.close();
    }
  });
}

async function readContents(file: FileHandle, path: string): Promise<Zoo> {
  const preamble = await readBytes(file, 0, PREAMBLE_BYTES, path);
  const magic = preamble.toString('latin1', 0, MAGIC.length);
  if (magic === OLD_MAGIC) {
    throw damaged(path, 'an earlier release wrote it, with a digest that does not cover all of it');
  }
  if (magic !== MAGIC) {
    throw damaged(path, `it does not begin with ${MAGIC}: not a zoo file, or of another release`);
  }
  const bodyBytes = Number(preamble.readBigUInt64LE(8));
  const jsonBytes = Number(preamble.readBigUInt64LE(16));
  const { size } = await file.stat();
  if (size !== PREAMBLE_BYTES + bodyBytes || jsonBytes > bodyBytes) {
    throw damaged(path, `expected ${PREAMBLE_BYTES + bodyBytes} bytes, got ${size}`);
  }
  await verifyDigest(file, path, preamble, bodyBytes);
  const text = await readBytes(file, size - jsonBytes, jsonBytes, path);
  // The digest vouches that these bytes are what writeZoo of this format wrote.
  const { index, finals, ...json } = JSON.parse(text.toString('utf8')) as ZooJson;
  const header = knownHeader(json.header, path);
  const sizes = header.architectures.map(({ architecture }) => networkOf(architecture).parameters);
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

/** Another release may have written it, with kinds of layers that this one does not have. */
function knownHeader(header: ZooHeader, path: string): ZooHeader {
  const architectures = header.architectures.map(({ architecture, ...runs }) => {
    const known = parseWith(architectureSchema, architecture, 'architecture', ({ message }) =>
      damaged(path, `it has an architecture that is not known (${message})`),
    );
    return { architecture: known, ...runs };
  });
  return { ...header, architectures };
}

async function verifyDigest(
  file: FileHandle,
  path: string,
  preamble: Buffer,
  bodyBytes: number,
): Promise<void> {
  const hash = startDigest(preamble);
  for (let done = 0; done < bodyBytes; done += READ_BLOCK_BYTES) {
    const length = Math.min(READ_BLOCK_BYTES, bodyBytes - done);
    hash.update(await readBytes(file, PREAMBLE_BYTES + done, length, path));
  }
  if (!hash.digest().equals(preamble.subarray(DIGEST_START))) {
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
  // Not from the buffer pool, since float32 views need an offset divisible by four.
  const buffer = Buffer.from(new ArrayBuffer(length));
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) throw damaged(path, `it ends before byte ${position + length}`);
    done += bytesRead;
  }
  return buffer;
}

/** The bytes of an array, not copied. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function damaged(path: string, problem: string): WeightspringError {
  return new WeightspringError(
    'data-corrupt',
    `'${path}' cannot be read as a zoo: ${problem}; train it again or take an undamaged copy`,
  );
}
