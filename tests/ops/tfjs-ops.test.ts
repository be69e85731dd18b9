import { describeTensorOps } from './conformance.js';
import { tfjsRunner } from './runners/tfjs.js';

describeTensorOps('TfjsOps on wasm', tfjsRunner, { tolerance: 1e-5 });
