import { meanSquare } from './average.js';
import type { EndPointLoss } from './loss.js';

/** `‖x̂_1 − x_1‖²` */
export const chord: EndPointLoss = (ops, _, { predicted, x1 }, over) =>
  meanSquare(ops, over, predicted, x1);
