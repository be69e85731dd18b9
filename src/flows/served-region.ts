import { architectureKey, type Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import type { DepthBounds, FlowSummary, WidthRange } from './flow-summary.js';
import type { FlowConfig } from './flow-config.js';
import { hiddenCount } from '../network/point-layout.js';
import { drawnFamilyKey, flowFamilies } from './flow-families.js';
import { hasFailed, type FlowFigure } from './flow-figures.js';

/** What determines which architectures a flow serves, and how. */
export type ServingFlow = Pick<FlowSummary, 'bounds' | 'figures'> & {
  readonly steps: { readonly min: number; readonly default: number };
};

type ConfiguredFlow = Pick<
  FlowConfig,
  'architectures' | 'activations' | 'bounds' | 'inputMetric' | 'scales' | 'velocity'
>;

/**
 * What a flow serves: for each family with coordinates and each activation, and each mixture of
 * activations of its zoo, the widths of its configuration except those that were measured to fail.
 *
 * @see docs/decisions/0018-what-a-flow-serves.md
 */
export function servedDepths(
  { architectures, activations, bounds, inputMetric, scales, velocity }: ConfiguredFlow,
  figures: readonly FlowFigure[],
  defaultSteps: number,
): readonly DepthBounds[] {
  const { min, max } = bounds.hiddenLayers;
  const failures = failuresAt(figures, defaultSteps);
  return flowFamilies({ velocity, scales })
    .map((family) => ({
      family: drawnFamilyKey({ inputMetric }, family),
      hiddenLayers: hiddenCount(family),
    }))
    .filter(({ hiddenLayers }) => hiddenLayers >= min && hiddenLayers <= max)
    .sort((a, b) => a.hiddenLayers - b.hiddenLayers)
    .flatMap((served) => {
      const ofFamily = architectures.filter((arch) => networkOf(arch).family.key === served.family);
      const names = new Set([...activations, ...ofFamily.map(activationName)]);
      return [...names].map((activation) => {
        const place = { ...served, activation };
        const zoo = widthsOf(ofFamily.filter((arch) => isOf(arch, place)));
        const failed = failures.filter((figure) => isOf(figure, place));
        return { ...place, zoo, width: servedWidths(bounds.width, zoo, failed) };
      });
    });
}

/** The smallest number of steps that was not measured to fail. */
export function fewestSteps(figures: readonly FlowFigure[], defaultSteps: number): number {
  const failing = figures.filter(
    (figure) => figure.steps < defaultSteps && hasFailed(figure, figures),
  );
  return Math.max(0, ...failing.map(({ steps }) => steps)) + 1;
}

/** The largest number of steps below the fewest of those above the default that were measured to fail. */
export function mostSteps(
  figures: readonly FlowFigure[],
  { default: usual, max }: { readonly default: number; readonly max: number },
): number {
  const failing = figures.filter((figure) => figure.steps > usual && hasFailed(figure, figures));
  return Math.min(max, ...failing.map(({ steps }) => steps - 1));
}

/**
 * Whether an architecture lies outside the hull of the flow's zoo: the zoo has none of this
 * family and its activations, or a hidden layer is narrower or wider than all of these.
 */
export function isExtrapolated(
  { bounds }: Pick<FlowSummary, 'bounds'>,
  arch: Architecture,
): boolean {
  const zoo = boundsOf(bounds.depths, arch)?.zoo ?? null;
  return zoo === null || sizesOf(arch).some((width) => width < zoo.min || width > zoo.max);
}

/** The bounds of an architecture's family and activations, if the flow has any. */
export function boundsOf(
  depths: readonly DepthBounds[],
  arch: Architecture,
): DepthBounds | undefined {
  return depths.find((bounds) => isOf(arch, bounds));
}

/**
 * The failure that excludes an architecture, if any: its own, or one between it and the zoo's hull.
 * A failure outside the hull excludes all architectures of its family that reach at least as far on
 * the sides where it reaches the edge of the hull or beyond: whose narrowest layer is no wider, and
 * whose widest no narrower. A failure inside the hull excludes only itself. Architectures that were
 * measured to do well are not excluded.
 */
export function failureOf(flow: ServingFlow, arch: Architecture): FlowFigure | undefined {
  const place = boundsOf(flow.bounds.depths, arch);
  if (place === undefined) return undefined;
  const measured = flow.figures.filter(
    (figure) =>
      figure.steps === flow.steps.default && architectureKey(figure) === architectureKey(arch),
  );
  if (measured.some((figure) => figure.judgement !== null && !hasFailed(figure, flow.figures)))
    return undefined;
  return failuresAt(flow.figures, flow.steps.default)
    .filter((figure) => isOf(figure, place))
    .find((figure) => refuses(sizesOf(figure), sizesOf(arch), place.zoo));
}

function refuses(
  failed: readonly number[],
  widths: readonly number[],
  zoo: WidthRange | null,
): boolean {
  if (widths.every((width, layer) => width === failed[layer])) return true;
  if (zoo === null) return false;
  const [asked, refused] = [rangeOf(widths), rangeOf(failed)];
  const { isOutside, isNarrow, isWide } = sidesOf(refused, zoo);
  return (
    isOutside && (!isNarrow || asked.min <= refused.min) && (!isWide || asked.max >= refused.max)
  );
}

/** The sides on which widths reach the edge of the hull, and whether they leave it. */
function sidesOf(
  { min, max }: WidthRange,
  zoo: WidthRange,
): { readonly isOutside: boolean; readonly isNarrow: boolean; readonly isWide: boolean } {
  return {
    isOutside: min < zoo.min || max > zoo.max,
    isNarrow: min <= zoo.min,
    isWide: max >= zoo.max,
  };
}

/** The widths that are left after failures on one side only. */
function servedWidths(
  width: WidthRange,
  zoo: WidthRange | null,
  failures: readonly FlowFigure[],
): WidthRange {
  if (zoo === null) return width;
  let { min, max } = width;
  for (const figure of failures) {
    const its = rangeOf(sizesOf(figure));
    const { isOutside, isNarrow, isWide } = sidesOf(its, zoo);
    if (isOutside && !isWide) min = Math.max(min, its.min + 1);
    if (isOutside && !isNarrow) max = Math.min(max, its.max - 1);
  }
  return { min, max };
}

function failuresAt(figures: readonly FlowFigure[], defaultSteps: number): readonly FlowFigure[] {
  return figures.filter((figure) => figure.steps === defaultSteps && hasFailed(figure, figures));
}

function isOf(
  arch: Architecture,
  { family, activation }: Pick<DepthBounds, 'family' | 'activation'>,
): boolean {
  return networkOf(arch).family.key === family && activationName(arch) === activation;
}

/** What {@link DepthBounds} call the activations of a network. */
export function activationName(arch: Architecture): string {
  return networkOf(arch).activations.join(',');
}

/** Numbers of hidden neurons per layer. */
function sizesOf(arch: Architecture): readonly number[] {
  return networkOf(arch).groups.map(({ size }) => size);
}

function widthsOf(architectures: readonly Architecture[]): WidthRange | null {
  return architectures.length === 0 ? null : rangeOf(architectures.flatMap(sizesOf));
}

function rangeOf(widths: readonly number[]): WidthRange {
  return { min: Math.min(...widths), max: Math.max(...widths) };
}

/** A note for networks outside the hull of a flow's zoo. */
export function extrapolationNote({ name, bounds }: FlowSummary, arch: Architecture): string {
  const zoo = boundsOf(bounds.depths, arch)?.zoo ?? null;
  const depth = `${sizesOf(arch).length} hidden layers`;
  return (
    `extrapolated: ${architectureKey(arch)} lies outside the zoo of flow ${name}, which has ` +
    (zoo === null ? `none of ${depth} with it` : `widths ${zoo.min} to ${zoo.max} at ${depth}`)
  );
}
