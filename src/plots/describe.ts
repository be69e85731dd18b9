import type { ChartOptions } from './chart-options.js';

/** One sentence on what the chart shows, for screen readers and search. */
export function describe(
  kind: string,
  { xLabel, yLabel }: Pick<ChartOptions, 'xLabel' | 'yLabel'>,
  series: readonly { readonly name: string }[],
): string {
  const axes = [yLabel, xLabel].filter((text) => text !== '').join(' against ');
  const names = series.map(({ name }) => name).join(', ');
  return `${kind}${axes === '' ? '' : ` of ${axes}`}${names === '' ? '' : `: ${names}`}.`;
}
