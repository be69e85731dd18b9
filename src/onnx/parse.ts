import pkg from '#onnx-proto';
import type { onnx as Proto } from '#onnx-proto';
import { WeightspringError } from '../errors.js';
import type { Dim } from './dim.js';
import { elementTypeOf } from './element-type.js';
import type { AttributeValue, GraphNode, Initializer, OnnxModel, ValueInfo } from './graph.js';
import { invalidUnless } from './model-invalid.js';
import { readTensorData } from './tensor-data.js';

const { onnx } = pkg;
const AttributeType = onnx.AttributeProto.AttributeType;

/**
 * Reads the bytes of an untrusted `.onnx` file.
 *
 * Accepts the features that our graphs use: the default operator sets, dense initialisers inside
 * the file, raw or in the field of their type, tensors of the four element types. It checks only
 * the form of the file; `verifyModel` checks the graph.
 *
 * @throws WeightspringError `model-invalid`, also for truncated or malformed files and for
 *   initialisers that point to other files
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  const proto = decodeProto(bytes);
  const { graph } = proto;
  invalidUnless(
    graph !== null && graph !== undefined && (graph.node ?? []).length > 0,
    () => 'expected an ONNX model with a graph, got none',
  );
  invalidUnless(
    isEmpty(proto.functions) && isEmpty(proto.trainingInfo) && isEmpty(graph.sparseInitializer),
    () => 'model functions, training information and sparse initialisers are not supported',
  );
  return {
    name: graph.name ?? '',
    irVersion: Number(proto.irVersion),
    opset: readOpset(proto.opsetImport),
    inputs: (graph.input ?? []).map(readValueInfo),
    outputs: (graph.output ?? []).map(readValueInfo),
    initializers: (graph.initializer ?? []).map(readInitializer),
    nodes: (graph.node ?? []).map(readNode),
    metadata: Object.fromEntries(
      proto.metadataProps.map(({ key, value }) => [key ?? '', value ?? '']),
    ),
  };
}

function decodeProto(bytes: Uint8Array): Proto.ModelProto {
  try {
    return onnx.ModelProto.decode(bytes);
  } catch (cause) {
    throw new WeightspringError(
      'model-invalid',
      `expected an ONNX file, got ${bytes.length} bytes that do not parse: the file is damaged or of another kind`,
      { cause },
    );
  }
}

function readOpset(imports: readonly Proto.IOperatorSetIdProto[]): number {
  for (const { domain } of imports) checkDomain(domain, 'the model');
  const [only] = imports;
  invalidUnless(
    only !== undefined && imports.length === 1,
    () => `expected one operator set, got ${imports.length}`,
  );
  return Number(only.version);
}

function checkDomain(domain: string | null | undefined, what: string): void {
  invalidUnless(
    domain === '' || domain === 'ai.onnx' || domain === null || domain === undefined,
    () => `${what}: expected the default operator domain, got "${domain ?? ''}"`,
  );
}

function readNode(node: Proto.INodeProto): GraphNode {
  const opType = node.opType ?? '';
  checkDomain(node.domain, `node ${opType} "${node.name ?? ''}"`);
  return {
    opType,
    name: node.name ?? '',
    inputs: node.input ?? [],
    outputs: node.output ?? [],
    attributes: Object.fromEntries(
      (node.attribute ?? []).map((attribute) => [attribute.name ?? '', readAttribute(attribute)]),
    ),
  };
}

function readAttribute({ name, type, i, f, s, ints }: Proto.IAttributeProto): AttributeValue {
  switch (type) {
    case AttributeType.INT:
      return { kind: 'int', value: Number(i ?? 0) };
    case AttributeType.FLOAT:
      return { kind: 'float', value: f ?? 0 };
    case AttributeType.STRING:
      return { kind: 'string', value: new TextDecoder().decode(s ?? new Uint8Array()) };
    case AttributeType.INTS:
      return { kind: 'ints', value: (ints ?? []).map(Number) };
    default:
      throw new WeightspringError(
        'model-invalid',
        `attribute "${name ?? ''}": expected an int, float, string or list of ints, got type ${type ?? 'none'}`,
      );
  }
}

function readInitializer(tensor: Proto.ITensorProto): Initializer {
  const name = tensor.name ?? '';
  const what = `initialiser "${name}"`;
  invalidUnless(
    tensor.dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL && isEmpty(tensor.externalData),
    () => `${what} is stored in another file, which is not read: store the data inside the model`,
  );
  const type = elementTypeOf(tensor.dataType ?? 0, what);
  const shape = (tensor.dims ?? []).map(Number);
  const size = shape.reduce((product, dim) => product * dim, 1);
  const typed = `${what} ${type} [${shape.join(', ')}]`;
  invalidUnless(
    shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0),
    () => `${typed}: expected sizes of 0 or more`,
  );
  return { name, type, shape, data: readTensorData(tensor, type, size, typed) };
}

function readValueInfo(info: Proto.IValueInfoProto): ValueInfo {
  const name = info.name ?? '';
  const tensor = info.type?.tensorType;
  invalidUnless(
    tensor?.shape !== null && tensor?.shape !== undefined,
    () => `"${name}": expected a tensor with a shape`,
  );
  return {
    name,
    type: elementTypeOf(tensor.elemType ?? 0, `"${name}"`),
    shape: (tensor.shape.dim ?? []).map((dim): Dim => readDim(name, dim)),
  };
}

function readDim(name: string, { dimParam, dimValue }: Proto.TensorShapeProto.IDimension): Dim {
  if (dimParam !== null && dimParam !== undefined && dimParam !== '') return dimParam;
  const value = Number(dimValue ?? 0);
  invalidUnless(value >= 1, () => `"${name}": a dimension has neither a size nor a name`);
  return value;
}

function isEmpty(list: readonly unknown[] | null | undefined): boolean {
  return list === null || list === undefined || list.length === 0;
}
