import { onnxRunner } from '../runners/onnx.js';
import { describeCompositeParity } from './parity.js';

describeCompositeParity('onnxruntime', onnxRunner, { tolerance: 1e-4 });
