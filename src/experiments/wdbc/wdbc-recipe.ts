import { variantsOf } from '../thesis/variants.js';
import type { FlowRecipe } from '../thesis/flow-recipe.js';
import type { WdbcBudget } from './budget.js';

/** The flows of the experiment. */
export const WDBC_VARIANTS = variantsOf('wdbc');

/** How they are trained: with the defaults, on fewer features of edges. */
export function wdbcRecipe({ updates, batch, width, blocks }: WdbcBudget): FlowRecipe {
  return {
    updates,
    batch,
    width,
    blocks,
    zoo: "thesis's WDBC zoo",
    velocity: { edgeWidth: EDGE_WIDTH, edgeUpdate: 'full' },
    training: () => ({}),
    stored: {},
  };
}

/** Half of the default: a network of 30-16-16-2 has only 256 hidden-to-hidden weights. */
const EDGE_WIDTH = 16;
