import { tfjsRunner } from '../runners/tfjs.js';
import { describeCompositeParity } from './parity.js';

describeCompositeParity('TensorFlow.js wasm', tfjsRunner, { tolerance: 1e-5 });
