import { ELEMENT_TYPES } from './element-type.js';
import type { ElementType, Initializer } from './graph.js';
import { invalidUnless } from './model-invalid.js';

/** A 64-bit integer of a decoded protobuf: a number, or an object whose string is its digits. */
type Integer = number | { toString(): string };

/** The fields of a `TensorProto` that can hold elements of our types. */
export interface TensorFields {
  readonly rawData?: Uint8Array | null | undefined;
  readonly floatData?: readonly number[] | null | undefined;
  readonly int32Data?: readonly number[] | null | undefined;
  readonly int64Data?: readonly Integer[] | null | undefined;
}

const TYPED_FIELDS = ['floatData', 'int32Data', 'int64Data'] as const;

/** Fields for elements that are not raw: float16 as bit patterns, bool as 0 and 1. */
const FIELD_OF_TYPE = {
  float32: 'floatData',
  float16: 'int32Data',
  bool: 'int32Data',
  int64: 'int64Data',
} as const satisfies Record<ElementType, (typeof TYPED_FIELDS)[number]>;

/**
 * The elements of a tensor. ONNX files store them as raw bytes or as numbers in the field of their
 * type; exporters use either.
 *
 * @param size - number of elements by its shape
 * @param what - name for messages
 * @throws WeightspringError `model-invalid` for a wrong number of elements, elements in several
 * places or in the field of another type, and numbers outside the type's range
 */
export function readTensorData(
  tensor: TensorFields,
  type: ElementType,
  size: number,
  what: string,
): Initializer['data'] {
  const raw = tensor.rawData ?? new Uint8Array();
  const used = TYPED_FIELDS.filter((field) => (tensor[field] ?? []).length > 0);
  const [field] = used;
  if (field === undefined) {
    const bytes = size * ELEMENT_TYPES[type].bytes;
    invalidUnless(
      raw.length === bytes,
      () => `${what}: expected ${bytes} bytes of raw data, got ${raw.length}`,
    );
    // A copy, since the file's bytes are not aligned to the elements.
    return ELEMENT_TYPES[type].view(new Uint8Array(raw).buffer);
  }
  invalidUnless(
    used.length === 1 && raw.length === 0 && field === FIELD_OF_TYPE[type],
    () =>
      `${what}: expected its elements as raw data or in ${FIELD_OF_TYPE[type]}, got some in ` +
      [...(raw.length > 0 ? ['raw data'] : []), ...used].join(' and '),
  );
  const elements = tensor[field] ?? [];
  invalidUnless(
    elements.length === size,
    () => `${what}: expected ${size} elements in ${field}, got ${elements.length}`,
  );
  return fromNumbers(type, elements, what);
}

function fromNumbers(
  type: ElementType,
  elements: readonly Integer[],
  what: string,
): Initializer['data'] {
  if (type === 'int64') return BigInt64Array.from(elements, (value) => toBigInt(value, what));
  const numbers = elements.map(Number);
  if (type === 'float32') return Float32Array.from(numbers);
  const largest = type === 'bool' ? 1 : 0xffff;
  const misfit = numbers.find((value) => value < 0 || value > largest);
  invalidUnless(
    misfit === undefined,
    () => `${what}: ${misfit} is not a ${type} from 0 to ${largest}`,
  );
  return type === 'bool' ? Uint8Array.from(numbers) : Uint16Array.from(numbers);
}

function toBigInt(value: Integer, what: string): bigint {
  invalidUnless(
    typeof value !== 'number' || Number.isSafeInteger(value),
    () => `${what}: ${value.toString()} is too large an integer to be read exactly`,
  );
  return BigInt(value.toString());
}
