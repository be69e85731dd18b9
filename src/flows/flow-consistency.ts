import { descriptorFeatures } from '../data/descriptor.js';
import { isCanonical } from '../flow/geometry.js';
import { patchSize } from '../flow/image-patches.js';
import { featuresOf, whiteShape } from '../flow/reduced-architecture.js';
import { hiddenCount } from '../network/point-layout.js';
import { multiplyDims, type Dim } from '../onnx/dim.js';
import { createVelocityNetwork } from '../velocity/create-velocity-network.js';
import type { FlowConfig } from './flow-config.js';
import { deepest } from './velocity-schema.js';

/** A field of a configuration that contradicts the others. */
interface Inconsistency {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Bound on logarithms of scales and deviations, so that scaled values fit into float32. */
const MAX_LOG = 69;

/**
 * Contradictions between fields that are each valid: lists whose length is not the number of inputs
 * or outputs, depths within the bounds that are not served, and laws that are missing or leave the
 * range of numbers somewhere within the bounds.
 */
export function inconsistencies(config: FlowConfig): readonly Inconsistency[] {
  return [...recipe(config), ...lengths(config), ...depths(config), ...laws(config)];
}

function lengths(config: FlowConfig): Inconsistency[] {
  const { velocity, standardisation, featureNames, classNames, inputMetric, data } = config;
  const inputs = inputMetric === undefined ? velocity.inputs : featuresOf(inputMetric);
  const { outputs } = velocity;
  const expected = [
    [['featureNames'], featureNames, inputs],
    [['classNames'], classNames, outputs],
    [['standardisation', 'mean'], standardisation.mean, inputs],
    [['standardisation', 'scale'], standardisation.scale, inputs],
    ...(data === undefined
      ? []
      : [[['data', 'columns'], descriptorFeatures(data), inputs] as const]),
  ] as const;
  return expected.flatMap(([path, list, length]) =>
    list.length === length
      ? []
      : [{ path: [...path], message: `expected ${length} elements, got ${list.length}` }],
  );
}

/** The input metric, the prior and the skip. */
function recipe(config: FlowConfig): Inconsistency[] {
  const { velocity, inputMetric, prior, coordinatesSha256, prediction, skip } = config;
  const issues: Inconsistency[] = [];
  if (inputMetric !== undefined && multiplyDims(...whiteShape(inputMetric)) !== velocity.inputs) {
    const message = `expected white inputs for the ${velocity.inputs} of the velocity network`;
    issues.push({ path: ['inputMetric', 'rank'], message });
  }
  if (
    inputMetric?.patches !== undefined &&
    patchSize(inputMetric.patches) !== inputMetric.features
  ) {
    const message = `expected ${patchSize(inputMetric.patches)}, the numbers of a patch`;
    issues.push({ path: ['inputMetric', 'features'], message });
  }
  if (inputMetric !== undefined && inputMetric.rank > inputMetric.features) {
    const message = `expected no more than the ${inputMetric.features} features`;
    issues.push({ path: ['inputMetric', 'rank'], message });
  }
  const needsFile = inputMetric !== undefined || prior === 'matched';
  if (needsFile !== (coordinatesSha256 !== undefined)) {
    const message = needsFile
      ? 'expected the digest of the file that holds the input metric or the prior'
      : 'expected none without an input metric and a matched prior';
    issues.push({ path: ['coordinatesSha256'], message });
  }
  if (prediction === 'velocity' && skip !== undefined && skip !== 'all') {
    issues.push({ path: ['skip'], message: 'expected none where velocities are predicted' });
  }
  return issues;
}

function depths({ velocity, bounds }: FlowConfig): Inconsistency[] {
  const served = deepest(velocity);
  if (bounds.hiddenLayers.max <= served) return [];
  const message = `expected at most ${served}, what the velocity network serves`;
  return [{ path: ['bounds', 'hiddenLayers', 'max'], message }];
}

/** The laws are linear in the logarithms of the widths, so that checking the ends suffices. */
function laws(config: FlowConfig): Inconsistency[] {
  const { geometry, bounds, scales, logScales } = config;
  const hiddenEnds = [bounds.width.min, bounds.width.max].map(logWidth);
  const { min, max } = bounds.hiddenLayers;
  // A family without laws is not served: a zoo may have one and three hidden layers, but not two.
  const families = createVelocityNetwork(config.velocity).served.families.filter((family) => {
    const hidden = hiddenCount(family);
    return hidden >= min && hidden <= max && (family.key in scales || family.key in logScales);
  });
  if (families.length === 0) {
    return [{ path: ['scales'], message: 'expected laws for a family within the bounds' }];
  }
  return families.flatMap(({ key, tensors }) => {
    const issues: Inconsistency[] = [];
    const ofFamily = scales[key] ?? [];
    if (ofFamily.length !== tensors.length) {
      const message = `expected a law for each of ${tensors.length} tensors, got ${ofFamily.length}`;
      issues.push({ path: ['scales', key], message });
    }
    ofFamily.forEach((law, tensor) => {
      const { fanIn = 1, fanOut = 1 } = tensors[tensor] ?? {};
      const values = endsOf(fanIn, hiddenEnds).flatMap((into) =>
        endsOf(fanOut, hiddenEnds).map(
          (out) => law.intercept + law.fanIn * into + law.fanOut * out,
        ),
      );
      if (!values.every(isSound)) {
        const message = 'the scale leaves the numbers within the bounds of the widths';
        issues.push({ path: ['scales', key, tensor], message });
      }
    });
    if (!isCanonical(geometry)) return issues;
    const law = logScales[key];
    if (law === undefined) {
      issues.push({ path: ['logScales', key], message: 'expected a law of the log scale' });
    } else if (
      law.std > MAX_LOG ||
      !hiddenEnds.every((end) => isSound(law.intercept + law.width * end))
    ) {
      const message = 'the log scale leaves the numbers within the bounds of the widths';
      issues.push({ path: ['logScales', key], message });
    }
    return issues;
  });
}

const isSound = (value: number): boolean => Math.abs(value) <= MAX_LOG;

/** Logarithms of the smallest and the largest value of a width. */
function endsOf(width: Dim, hiddenEnds: readonly number[]): readonly number[] {
  return typeof width === 'number' ? [logWidth(width)] : hiddenEnds;
}

function logWidth(width: number): number {
  return Math.log(width / 16);
}
