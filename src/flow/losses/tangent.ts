import { meanSquare } from './average.js';
import type { EndPointLoss } from './loss.js';

/** `‖log_{x_t} x̂_1 − log_{x_t} x_1‖²`, whose minimiser is the correct velocity. */
export const tangent: EndPointLoss = (ops, path, { predicted, xt, x1 }, over) =>
  meanSquare(ops, over, path.logMap(ops, xt, predicted), path.logMap(ops, xt, x1));
