import { ensure } from '../errors.js';
import { networkLogits, stackedShape } from '../network/forward.js';
import { appendNode, intAttribute } from '../network/layers/onnx-node.js';
import { ensureWeights, networkOf } from '../network/network.js';
import { sameShape, type Shape } from '../onnx/dim.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { OnnxModel } from '../onnx/graph.js';
import { entropy } from '../ops/composites/entropy.js';
import { meanOfStack } from '../ops/composites/mean-of-stack.js';
import { OnnxOps, type OnnxValue } from '../ops/onnx-ops.js';
import { stacksOf, type EnsembleMember, type MemberStack } from './ensemble-stacks.js';
import type { NetworkInputs } from './network-inputs.js';

/** Most members of an ensemble. */
export const MAX_MEMBERS = 256;

export interface EnsembleOptions {
  /** At least one; those of one architecture and standardisation are computed in one product. */
  readonly members: readonly EnsembleMember[];
  /** Kept in the file as strings. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether it also gives the probabilities of each member. Default false. */
  readonly memberProbabilities?: boolean | undefined;
}

/** Operator set 15 has `Shape` of one dimension; loaders of 2021 know both. */
const OPSET = 15;
const IR_VERSION = 8;

/**
 * Classifiers as one ONNX model that averages what they say: input `input` float32 [N, d_0] of raw
 * features, [N, c, h, w] where all members read such images; outputs, float32 but for the label,
 *
 * - `probabilities` [N, C], the mean of the members' p_m
 * - `label` int64 [N], the most probable class
 * - `entropy` [N], of the mean, in nats: H(Σ_m p_m / k)
 * - `mutualInformation` [N], entropy less the mean entropy of the members: how much these disagree
 * - `memberProbabilities` [k, N, C] if asked for, in the order of {@link stacksOf}
 *
 * @throws WeightspringError `shape-mismatch` for weights, standardisations or members that do not
 *   fit, `too-large` for too many members
 */
export function buildEnsemble({
  members,
  metadata,
  memberProbabilities = false,
}: EnsembleOptions): OnnxModel {
  const { inputs, shape, classes } = signatureOf(members);
  const graph = new GraphBuilder({ name: 'ensemble', opset: OPSET, irVersion: IR_VERSION });
  graph.metadata(metadata);
  const ops = new OnnxOps(graph);
  const rows = ops.reshape(ops.input('input', ['N', ...shape]), ['N', inputs]);
  const logits = stacksOf(members).map((stack, index) =>
    stackLogits(ops, rows, stack, `stack${index}`),
  );
  const each = ops.softmax(ops.concat(logits, 0));
  const mean = meanOfStack(ops, each);
  const total = entropy(ops, mean);
  const within = meanOfStack(ops, entropy(ops, each));
  const between = ops.maximum(ops.sub(total, within), ops.constant(0));
  ops.output('probabilities', ops.reshape(mean, ['N', classes]));
  const along = { axis: intAttribute(1), keepdims: intAttribute(0) };
  appendNode(graph, 'ArgMax', ['probabilities'], along, 'label');
  graph.output({ name: 'label', type: 'int64', shape: ['N'] });
  ops.output('entropy', ops.reshape(total, ['N']));
  ops.output('mutualInformation', ops.reshape(between, ['N']));
  if (memberProbabilities) ops.output('memberProbabilities', each);
  return graph.build();
}

/** @throws WeightspringError `too-large` for more members than an ensemble may have */
export function checkMemberCount(members: number): void {
  ensure(
    members <= MAX_MEMBERS,
    'too-large',
    () => `expected at most ${MAX_MEMBERS} members of an ensemble, got ${members}`,
    'ensemble',
  );
}

/** What all members have in common. */
interface Signature {
  /** Features of a row. */
  readonly inputs: number;
  /** Shape of a row: that of images if all members read such. */
  readonly shape: Shape;
  readonly classes: number;
}

function signatureOf(members: readonly EnsembleMember[]): Signature {
  checkMemberCount(members.length);
  const [first, ...others] = members.map(({ architecture }) => networkOf(architecture));
  ensure(first !== undefined, 'shape-mismatch', () => 'expected an ensemble of members, got none');
  for (const { key, inputs, outputs } of others) {
    ensure(
      inputs === first.inputs && outputs === first.outputs,
      'shape-mismatch',
      () =>
        `expected members of ${first.inputs} features and ${first.outputs} classes, as ` +
        `${first.key}, got ${key}`,
    );
  }
  const { graph, inputs, outputs: classes } = first;
  const isCommon = others.every((other) => sameShape(other.graph.input, graph.input));
  return { inputs, classes, shape: isCommon ? graph.input : [inputs] };
}

/** The logits of a stack [M, N, C]. */
function stackLogits(
  ops: OnnxOps,
  rows: OnnxValue,
  { architecture, takes, members }: MemberStack,
  name: string,
): OnnxValue {
  const { slots, inputs } = networkOf(architecture);
  for (const { weights } of members) ensureWeights(architecture, weights);
  const tensors = slots.map((slot): [string, OnnxValue] => {
    const data = new Float32Array(members.length * slot.size);
    members.forEach(({ weights }, index) => {
      data.set(weights.subarray(slot.offset, slot.offset + slot.size), index * slot.size);
    });
    const shape = stackedShape(slot, members.length);
    return [slot.name, ops.parameter(`${name}.${slot.name}`, data, shape)];
  });
  const x = ops.reshape(standardised(ops, rows, takes, name), [1, 'N', inputs]);
  return networkLogits(ops, architecture, new Map(tensors), x);
}

function standardised(
  ops: OnnxOps,
  rows: OnnxValue,
  takes: NetworkInputs,
  name: string,
): OnnxValue {
  if (takes === 'raw') return rows;
  const [mean, scale] = (['mean', 'scale'] as const).map((part) => {
    const data = Float32Array.from(takes[part]);
    return ops.parameter(`${name}.standardise.${part}`, data, [rows.shape[1] as number]);
  }) as [OnnxValue, OnnxValue];
  return ops.div(ops.sub(rows, mean), scale);
}
