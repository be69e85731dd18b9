export { lineChart, type LineSeries } from './line-chart.js';
