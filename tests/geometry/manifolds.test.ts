import { MANIFOLD_CASES } from './cases.js';
import { describeManifold } from './conformance.js';

for (const manifold of MANIFOLD_CASES) describeManifold(manifold);
