import pkg from '#onnx-proto';
import type { onnx as Proto } from '#onnx-proto';
import type { Dim } from './dim.js';
import { ELEMENT_TYPES } from './element-type.js';
import type { AttributeValue, GraphNode, Initializer, OnnxModel, ValueInfo } from './graph.js';
import { verifyModel } from './verify.js';

const { onnx } = pkg;
const AttributeType = onnx.AttributeProto.AttributeType;

/** Producer name written into every file. */
const PRODUCER = 'weightspring';

/**
 * A model as the bytes of an `.onnx` file; equal models give equal bytes.
 *
 * Initialisers are written as little-endian raw data, symbolic dimensions as `dim_param`.
 *
 * @throws WeightspringError `model-invalid` if {@link verifyModel} refuses the model
 */
export function encodeModel(model: OnnxModel): Uint8Array {
  verifyModel(model);
  const proto: Proto.IModelProto = {
    irVersion: model.irVersion,
    producerName: PRODUCER,
    opsetImport: [{ domain: '', version: model.opset }],
    graph: {
      name: model.name,
      node: model.nodes.map(nodeProto),
      initializer: model.initializers.map(tensorProto),
      input: model.inputs.map(valueInfoProto),
      output: model.outputs.map(valueInfoProto),
    },
    metadataProps: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
  };
  return onnx.ModelProto.encode(proto).finish();
}

function nodeProto({ opType, name, inputs, outputs, attributes }: GraphNode): Proto.INodeProto {
  return {
    opType,
    name,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, value)),
  };
}

function attributeProto(name: string, attribute: AttributeValue): Proto.IAttributeProto {
  switch (attribute.kind) {
    case 'int':
      return { name, type: AttributeType.INT, i: attribute.value };
    case 'float':
      return { name, type: AttributeType.FLOAT, f: attribute.value };
    case 'string':
      return { name, type: AttributeType.STRING, s: new TextEncoder().encode(attribute.value) };
    case 'ints':
      return { name, type: AttributeType.INTS, ints: [...attribute.value] };
  }
}

function tensorProto({ name, type, shape, data }: Initializer): Proto.ITensorProto {
  return {
    name,
    dataType: ELEMENT_TYPES[type].code,
    dims: [...shape],
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function valueInfoProto({ name, type, shape }: ValueInfo): Proto.IValueInfoProto {
  const dim = shape.map(dimensionProto);
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type].code, shape: { dim } } } };
}

function dimensionProto(dim: Dim): Proto.TensorShapeProto.IDimension {
  return typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim };
}
