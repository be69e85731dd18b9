export { barChart, type BarChartOptions, type BarSeries } from './bar-chart.js';
export type { ChartOptions, Point } from './chart-options.js';
export { histogram, type HistogramOptions, type HistogramSeries } from './histogram.js';
export { lineChart, type BandPoint, type LineChartOptions, type LineSeries } from './line-chart.js';
export { scatter, type ScatterOptions, type ScatterSeries } from './scatter.js';
