import { parseJson } from '../../files/parse-json.js';
import { decodeWeights, foreign, isWeightType, type ForeignTensor } from './foreign-tensor.js';

const LENGTH_BYTES = 8;
const MOST_HEADER_BYTES = 1 << 24;

/**
 * The tensors of a safetensors file of any program, which need not be trusted: F64, F32, F16 and
 * BF16; tensors of integers, such as counters, are left out.
 *
 * @throws WeightspringError `data-corrupt`, naming the tensor
 */
export function readForeignSafetensors(bytes: Uint8Array): ReadonlyMap<string, ForeignTensor> {
  const { entries, start } = readHeader(bytes);
  const body = bytes.subarray(start);
  const tensors = new Map<string, ForeignTensor>();
  for (const [name, entry] of entries) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: range } = entry;
    if (typeof dtype !== 'string' || !isSizes(shape) || !isSizes(range) || range.length !== 2) {
      throw foreign(`its header does not describe tensor '${name}' as safetensors do`);
    }
    if (!isWeightType(dtype)) continue;
    const [from = 0, to = 0] = range;
    const size = shape.reduce((product, dim) => product * dim, 1);
    const data =
      from <= to && to <= body.length
        ? decodeWeights(dtype, body.subarray(from, to), size)
        : undefined;
    if (data === undefined) {
      throw foreign(
        `tensor '${name}', ${dtype} [${shape.join(', ')}], does not fit its bytes ${from}…${to} of ` +
          String(body.length),
      );
    }
    tensors.set(name, { shape, data });
  }
  return tensors;
}

type Entry = Readonly<Record<string, unknown>>;

function readHeader(bytes: Uint8Array): {
  readonly entries: readonly [string, Entry][];
  readonly start: number;
} {
  if (bytes.length < LENGTH_BYTES) throw foreign(`it has only ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const start = LENGTH_BYTES + length;
  if (length > MOST_HEADER_BYTES || start > bytes.length) {
    throw foreign(`its header claims ${length} of its ${bytes.length} bytes`);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      bytes.subarray(LENGTH_BYTES, start),
    );
    const header = parseJson(text);
    if (isEntry(header)) {
      const entries = Object.entries(header);
      if (entries.every((pair): pair is [string, Entry] => isEntry(pair[1]))) {
        return { entries, start };
      }
    }
  } catch {
    // Reported below, like a header of another form.
  }
  throw foreign('its header is not a JSON object of tensors');
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && Number(size) >= 0)
  );
}
