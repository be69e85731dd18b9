import { invalidUnless } from './model-invalid.js';

/** Numbers of the fields that lead to the raw data of the initialisers: graph, initializer, raw_data. */
const TO_RAW_DATA = [7, 5, 9] as const;

/** Wire types of protocol buffers. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/**
 * Bytes of an ONNX file that are structure: everything except the raw data of its initialisers.
 * Every two such bytes may become an object in decoding, so that a file of modest size can fill the
 * memory; this check needs no decoding.
 *
 * @throws WeightspringError `model-invalid` for bytes that are not a protocol buffer
 */
export function structureBytes(bytes: Uint8Array): number {
  return bytes.byteLength - rawDataBytes(new WireReader(bytes), bytes.byteLength, 0);
}

function rawDataBytes(reader: WireReader, end: number, level: number): number {
  let sum = 0;
  while (reader.position < end) {
    const tag = reader.varint(end);
    const length = reader.lengthOf(tag % 8, end);
    const isOnTheWay = tag % 8 === LENGTH_DELIMITED && Math.floor(tag / 8) === TO_RAW_DATA[level];
    if (isOnTheWay && level === TO_RAW_DATA.length - 1) sum += length;
    if (isOnTheWay && level < TO_RAW_DATA.length - 1) {
      sum += rawDataBytes(reader, reader.position + length, level + 1);
    } else reader.position += length;
  }
  return sum;
}

class WireReader {
  position = 0;

  constructor(private readonly bytes: Uint8Array) {}

  varint(end: number): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 64; factor *= 128) {
      invalidUnless(this.position < end, cut);
      const byte = this.bytes[this.position++] as number;
      value += (byte % 128) * factor;
      if (byte < 128) break;
    }
    return value;
  }

  /** Length of the following value in bytes; consumes a varint. */
  lengthOf(wireType: number, end: number): number {
    let length = 0;
    if (wireType === VARINT) this.varint(end);
    else if (wireType === LENGTH_DELIMITED) length = this.varint(end);
    else if (wireType === FIXED64) length = 8;
    else {
      invalidUnless(wireType === FIXED32, cut);
      length = 4;
    }
    invalidUnless(this.position + length <= end, cut);
    return length;
  }
}

const cut = (): string => 'expected an ONNX file, got bytes that do not parse';
