import { isCanonical } from '../flow/geometry.js';
import type { FlowConfig } from './flow-config.js';
import { deepest } from './velocity-schema.js';

/** A field of a configuration that does not go with the others. */
interface Inconsistency {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Logarithms of scales and deviations stay within this, so that what is scaled stays a float32. */
const MAX_LOG = 69;

/**
 * What is wrong with a configuration whose fields are sound each by itself: lists of other lengths
 * than the networks have inputs and outputs, depths that are promised and not served, and laws that
 * are missing or lead out of the numbers somewhere within the bounds.
 */
export function inconsistencies(config: FlowConfig): readonly Inconsistency[] {
  return [...lengths(config), ...depths(config), ...laws(config)];
}

function lengths(config: FlowConfig): Inconsistency[] {
  const { velocity, standardisation, featureNames, classNames } = config;
  const { inputs, outputs } = velocity;
  const expected = [
    [['featureNames'], featureNames, inputs],
    [['classNames'], classNames, outputs],
    [['standardisation', 'mean'], standardisation.mean, inputs],
    [['standardisation', 'scale'], standardisation.scale, inputs],
  ] as const;
  return expected.flatMap(([path, list, length]) =>
    list.length === length
      ? []
      : [{ path: [...path], message: `expected ${length} elements, got ${list.length}` }],
  );
}

function depths({ velocity, bounds }: FlowConfig): Inconsistency[] {
  const served = deepest(velocity);
  if (bounds.hiddenLayers.max <= served) return [];
  const message = `expected at most ${served}, what the velocity network serves`;
  return [{ path: ['bounds', 'hiddenLayers', 'max'], message }];
}

/** The laws are linear in the logarithms of the widths: their ends decide. */
function laws({ geometry, velocity, bounds, scales, logScales }: FlowConfig): Inconsistency[] {
  const issues: Inconsistency[] = [];
  const isSound = (value: number): boolean => Math.abs(value) <= MAX_LOG;
  const hiddenEnds = [bounds.width.min, bounds.width.max].map(logWidth);
  const { min, max } = bounds.hiddenLayers;
  for (let layers = min + 1; layers <= Math.min(max, deepest(velocity)) + 1; layers++) {
    const key = String(layers);
    const ofDepth = scales[key] ?? [];
    if (ofDepth.length !== 2 * layers) {
      const message = `expected a law for each of ${2 * layers} tensors, got ${ofDepth.length}`;
      issues.push({ path: ['scales', key], message });
    }
    ofDepth.forEach((law, tensor) => {
      const layer = Math.floor(tensor / 2) + 1;
      const fanIns = layer === 1 ? [logWidth(velocity.inputs)] : hiddenEnds;
      const fanOuts = layer === layers ? [logWidth(velocity.outputs)] : hiddenEnds;
      const values = fanIns.flatMap((fanIn) =>
        fanOuts.map((fanOut) => law.intercept + law.fanIn * fanIn + law.fanOut * fanOut),
      );
      if (!values.every(isSound)) {
        const message = 'the scale leaves the numbers within the bounds of the widths';
        issues.push({ path: ['scales', key, tensor], message });
      }
    });
    if (!isCanonical(geometry)) continue;
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
  }
  return issues;
}

function logWidth(width: number): number {
  return Math.log(width / 16);
}
