import { architectureFields } from '../network/architecture-fields.js';
import { ensure } from '../errors.js';
import { architecture, architectureName, type Architecture } from '../network/architecture.js';
import type { Family } from '../network/family.js';
import { networkOf, type Network } from '../network/network.js';
import { hiddenCount } from '../network/point-layout.js';
import type { TensorFacts } from '../network/slots.js';
import type { Dim } from '../onnx/dim.js';

/** The architectures that one set of parameters of a velocity network serves. */
export interface ServedFamilies {
  /** Each with its graphs of its own. The deepest uses every parameter. */
  readonly families: readonly Family[];
  /** Range of hidden neurons in one layer. */
  readonly widths: { readonly min: number; readonly max: number };

  /** @throws WeightspringError `unsupported-architecture` for an architecture that is not served */
  assertServed(arch: Architecture): void;
}

export interface AnyWidths {
  readonly inputs: number;
  readonly outputs: number;
  readonly maxHiddenLayers: number;
  /** One network of each family that is served. Default: perceptrons of every depth. */
  readonly graphs?: readonly Architecture[] | undefined;
  /** Most neurons of a hidden layer; none by default. */
  readonly maxWidth?: number;
}

/**
 * Networks of every hidden width: perceptrons with 1 to `maxHiddenLayers` hidden layers, or the families
 * of `graphs`.
 */
export function anyWidths(options: AnyWidths): ServedFamilies {
  const { maxHiddenLayers, graphs, maxWidth = Infinity } = options;
  const families = (graphs ?? perceptrons(options)).map((arch) => networkOf(arch).family);
  return {
    families,
    widths: { min: 1, max: maxWidth },
    assertServed: (arch) => {
      const network = networkOf(arch);
      assertDepth(network, maxHiddenLayers);
      ensure(
        families.some(({ key }) => key === network.family.key) &&
          network.groups.every(({ size }) => size <= maxWidth),
        'unsupported-architecture',
        () =>
          `the velocity network serves ${servedName(options)}` +
          `${maxWidth === Infinity ? '' : ` with at most ${maxWidth} neurons in a hidden layer`}, ` +
          `got ${network.key}`,
        architectureFields(arch).whole,
      );
    },
  };
}

/** A perceptron of every depth. */
function perceptrons({ inputs, outputs, maxHiddenLayers }: AnyWidths): readonly Architecture[] {
  return Array.from({ length: maxHiddenLayers }, (_, index) => {
    const hidden = Array.from({ length: index + 1 }, () => 1);
    return architecture([inputs, ...hidden, outputs]);
  });
}

function servedName({ inputs, outputs, graphs }: AnyWidths): string {
  return graphs === undefined
    ? `${inputs}-…-${outputs}`
    : `networks that differ from ${graphs.map(architectureName).join(', ')} in widths only`;
}

function assertDepth({ architecture, groups }: Network, maxHiddenLayers: number): void {
  ensure(
    groups.length >= 1 && groups.length <= maxHiddenLayers,
    'unsupported-architecture',
    () => `expected 1 to ${maxHiddenLayers} hidden layers, got ${groups.length}`,
    architectureFields(architecture).whole,
  );
}

/** One architecture only: its family, neurons and tensors without symbols. */
export function oneArchitecture(arch: Architecture): ServedFamilies {
  const { family, neurons, slots, groups, key } = networkOf(arch);
  const widths = groups.map(({ size }) => size);
  return {
    families: [{ ...family, neurons, tensors: slots }],
    widths: { min: Math.min(...widths), max: Math.max(...widths) },
    assertServed: (other) => {
      const { family: its, groups: own, key: name } = networkOf(other);
      ensure(
        its.key === family.key && own.every(({ size }, index) => size === widths[index]),
        'unsupported-architecture',
        () => `the velocity network serves only ${key}, got ${name}`,
        architectureFields(other).whole,
      );
    },
  };
}

/**
 * The family of an architecture, among those that a velocity network serves.
 *
 * @throws WeightspringError `unsupported-architecture`
 */
export function servedFamily(served: ServedFamilies, arch: Architecture): Family {
  const { family, key } = networkOf(arch);
  const found = served.families.find((candidate) => candidate.key === family.key);
  ensure(
    found !== undefined,
    'unsupported-architecture',
    () =>
      `the velocity network serves ${served.families.map((candidate) => candidate.key).join(', ')}, ` +
      `got ${key}`,
    architectureFields(arch).whole,
  );
  return found;
}

/** The family with most sets of hidden neurons. */
export function deepestFamily({ families }: ServedFamilies): Family {
  return families.reduce((deepest, family) =>
    hiddenCount(family) > hiddenCount(deepest) ? family : deepest,
  );
}

/**
 * The most numbers that one neuron at `end` of a weight has, over all weights of the families that are
 * chosen: those of narrower ones are filled up with zeros, so that one set of parameters reads all.
 *
 * @param numbers - of a weight; null for one that is not chosen
 */
export function mostNumbers(
  { families }: ServedFamilies,
  numbers: (tensor: TensorFacts) => Dim | null,
): number {
  const all = families.flatMap(({ tensors }) => tensors.map(numbers));
  return all.reduce<number>(
    (most, count) => Math.max(most, typeof count === 'number' ? count : 0),
    0,
  );
}

/** Sets of hidden neurons of the deepest family. */
export function deepestHidden(served: ServedFamilies): number {
  return hiddenCount(deepestFamily(served));
}
