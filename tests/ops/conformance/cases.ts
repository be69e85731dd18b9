import type { Primitive } from '../../../src/ops/tensor-ops.js';
import type { Case } from './case.js';
import { ELEMENTWISE_CASES } from './elementwise-cases.js';
import { LAYOUT_CASES } from './layout-cases.js';
import { PRODUCT_CASES } from './product-cases.js';
import { REDUCTION_CASES } from './reduction-cases.js';

/** Cases of every primitive: a primitive that is missing here does not compile. */
export const PRIMITIVE_CASES: Readonly<Record<Primitive, readonly Case[]>> = {
  ...ELEMENTWISE_CASES,
  ...REDUCTION_CASES,
  ...LAYOUT_CASES,
  ...PRODUCT_CASES,
};
