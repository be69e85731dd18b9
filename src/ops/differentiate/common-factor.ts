import { sameShape } from '../../onnx/dim.js';
import type { TensorOps } from '../tensor-ops.js';
import { numberOf, type Expression } from '../trace/expression.js';

type Ops = TensorOps<Expression>;

/** A product with its constant factors combined into one. */
interface Product {
  readonly scale: number;
  readonly factors: readonly Expression[];
}

/**
 * Factors a sum of `terms` of one shape, `g·a + g·b = g·(a + b)`: the derivative of `x·f(x)`
 * becomes `g·(f + x·f′)`, which saves two products over all elements.
 *
 * @param sum - adds the terms `a`, `b`, …
 */
export function factored(
  ops: Ops,
  terms: readonly Expression[],
  sum: (terms: readonly Expression[]) => Expression,
): readonly Expression[] {
  const products = terms.map(productOf);
  const common = commonFactor(products, terms);
  if (common === undefined) return terms;
  const having = products.filter(({ factors }) => factors.includes(common));
  const rests = having.map(({ scale, factors }) => ({
    scale,
    factors: factors.toSpliced(factors.indexOf(common), 1),
  }));
  const scale = sharedScale(rests, common);
  const inner = sum(rests.map((rest) => multiply(ops, { ...rest, scale: rest.scale / scale })));
  const others = terms.filter((_, index) => products[index]?.factors.includes(common) === false);
  return [...others, ops.mul(ops.mul(common, ops.constant(scale)), inner)];
}

/** A factor as large as the sum that two or more products share, each with other factors. */
function commonFactor(
  products: readonly Product[],
  terms: readonly Expression[],
): Expression | undefined {
  const found = new Set<Expression>();
  for (const { factors } of products) {
    if (factors.length < 2) continue;
    for (const factor of new Set(factors)) {
      if (found.has(factor) && sameShape(factor.shape, terms[0]?.shape ?? [])) return factor;
      found.add(factor);
    }
  }
  return undefined;
}

/**
 * The constant that stays with the common factor: the previous operation may absorb it, which saves
 * one over all elements. None if the remaining factors are smaller than that factor anyway.
 */
function sharedScale(rests: readonly Product[], common: Expression): number {
  const full = rests.find(
    ({ scale, factors }) =>
      scale !== 0 && factors.some(({ shape }) => sameShape(shape, common.shape)),
  );
  return full?.scale ?? 1;
}

/**
 * Nested products are expanded up to this many factors: with shared factors there can be many more.
 */
const MOST_FACTORS = 8;

function productOf(term: Expression): Product {
  let scale = 1;
  const factors: Expression[] = [];
  const pending = [term];
  for (let x = pending.pop(); x !== undefined; x = pending.pop()) {
    const number = numberOf(x);
    if (number !== undefined) scale *= number;
    else if (x.op === 'mul' && factors.length + pending.length + 2 <= MOST_FACTORS) {
      pending.push(...x.inputs);
    } else factors.push(x);
  }
  return { scale, factors };
}

/** Small factors first, so that as few products as possible have the full size. */
function multiply(ops: Ops, { scale, factors }: Product): Expression {
  const extent = ({ shape }: Expression): number => shape.filter((dim) => dim !== 1).length;
  return factors
    .toSorted((a, b) => extent(a) - extent(b))
    .reduce((product, factor) => ops.mul(product, factor), ops.constant(scale));
}
