import pkg from 'onnx-proto';
import type { onnx as Proto } from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import { decodeModel } from '../../src/onnx/parse.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import { thrownBy } from '../support/error-code.js';
import { smallModel } from './models.js';

const { ModelProto, TensorProto, AttributeProto } = pkg.onnx;

/** The file of the small model after a change to its protobuf. */
function tampered(
  change: (model: Proto.IModelProto, graph: Proto.IGraphProto) => void,
): Uint8Array {
  const proto = ModelProto.decode(encodeModel(smallModel()));
  change(proto, proto.graph ?? {});
  return ModelProto.encode(proto).finish();
}

const withWeight = (change: (weight: Proto.ITensorProto) => unknown): Uint8Array =>
  tampered((_, graph) => {
    change(graph.initializer![0]!);
  });

const withNode = (change: (node: Proto.INodeProto) => void): Uint8Array =>
  tampered((_, graph) => {
    change(graph.node![0]!);
  });

const inFloatData =
  (floatData: number[]) =>
  (weight: Proto.ITensorProto): unknown =>
    Object.assign(weight, { rawData: null, floatData });

const inInt32Data =
  (dataType: number, value: number) =>
  (weight: Proto.ITensorProto): unknown =>
    Object.assign(weight, { dataType, rawData: null, int32Data: [value, 0, 0, 0, 0, 0] });

describe('decodeModel', () => {
  it('does not hold on to the bytes that it was given', () => {
    const bytes = encodeModel(smallModel());
    const model = decodeModel(bytes);
    bytes.fill(0);
    expect(model).toEqual(smallModel());
  });

  it('reads elements in the field of their type, as other exporters write them', () => {
    const bytes = tampered((_, graph) => {
      for (const tensor of graph.initializer!) {
        const { buffer, byteOffset, byteLength } = new Uint8Array(tensor.rawData!);
        tensor.rawData = null;
        if (tensor.dataType === TensorProto.DataType.FLOAT) {
          tensor.floatData = [...new Float32Array(buffer, byteOffset, byteLength / 4)];
        } else {
          tensor.int64Data = Array.from(new BigInt64Array(buffer, byteOffset), Number);
        }
      }
    });
    expect(decodeModel(bytes)).toEqual(smallModel());
  });

  it.each([
    ['float16', TensorProto.DataType.FLOAT16, Uint16Array.of(0, 0x3c00, 0xbc00, 0x7bff, 1, 0xffff)],
    ['bool', TensorProto.DataType.BOOL, Uint8Array.of(0, 1, 1, 0, 1, 0)],
  ] as const)('reads %s from int32Data', (type, dataType, data) => {
    const bytes = withWeight((w) =>
      Object.assign(w, { dataType, rawData: null, int32Data: [...data] }),
    );
    expect(decodeModel(bytes).initializers[0]).toEqual({ name: 'w', type, shape: [3, 2], data });
  });

  const refused: readonly (readonly [message: string, bytes: Uint8Array])[] = [
    ['with a graph', new Uint8Array()],
    ['do not parse', new TextEncoder().encode('{"not": "a protobuf"}')],
    ['do not parse', encodeModel(smallModel()).subarray(0, -7)],
    ['with a graph', tampered((model) => (model.graph = {}))],
    [
      'is stored in another file',
      withWeight((w) => (w.dataLocation = TensorProto.DataLocation.EXTERNAL)),
    ],
    [
      'is stored in another file',
      withWeight((w) => (w.externalData = [{ key: 'location', value: '/x' }])),
    ],
    ['24 bytes of raw data, got 23', withWeight((w) => (w.rawData = w.rawData!.subarray(1)))],
    ['24 bytes of raw data, got 0', withWeight((w) => (w.rawData = null))],
    ['sizes of 0 or more', withWeight((w) => (w.dims = [-3, -2]))],
    ['raw data and floatData', withWeight((w) => (w.floatData = [1, -2, 3, 4, -5, 6]))],
    ['6 elements in floatData, got 5', withWeight(inFloatData([1, -2, 3, 4, -5]))],
    [
      'in floatData, got some in int32Data',
      withWeight((w) => Object.assign(w, { rawData: null, int32Data: [1, 2, 3, 4, 5, 6] })),
    ],
    ['65536 is not a float16', withWeight(inInt32Data(TensorProto.DataType.FLOAT16, 65536))],
    ['2 is not a bool', withWeight(inInt32Data(TensorProto.DataType.BOOL, 2))],
    ['data type 11', withWeight((w) => (w.dataType = TensorProto.DataType.DOUBLE))],
    ['domain, got "com.example"', withNode((node) => (node.domain = 'com.example'))],
    [
      'got type 5',
      withNode((node) => (node.attribute![0]!.type = AttributeProto.AttributeType.GRAPH)),
    ],
    ['domain', tampered((model) => (model.opsetImport![0]!.domain = 'ai.onnx.ml'))],
    ['one operator set', tampered((model) => (model.opsetImport = []))],
    ['functions', tampered((model) => (model.functions = [{ name: 'f' }]))],
    ['functions', tampered((_, graph) => (graph.sparseInitializer = [{}]))],
    ['"x": expected a tensor', tampered((_, graph) => (graph.input![0]!.type = null))],
    [
      'neither a size nor a name',
      tampered((_, graph) => (graph.input![0]!.type!.tensorType!.shape!.dim = [{}])),
    ],
  ];

  it.each(refused)('refuses a file: %s', (message, bytes) => {
    const error = thrownBy(() => decodeModel(bytes));
    expect(error.message).toContain(message);
    expect(error.code).toBe('model-invalid');
  });

  it('answers every truncation with a model or a named error', () => {
    const bytes = encodeModel(smallModel());
    for (let length = 0; length < bytes.length; length++) {
      try {
        decodeModel(bytes.subarray(0, length));
      } catch (error) {
        expect(error).toHaveProperty('code', 'model-invalid');
      }
    }
  });
});
