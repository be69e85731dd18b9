import { describeTensorOps } from './conformance.js';
import { onnxRunner } from './runners/onnx.js';

describeTensorOps('OnnxOps on onnxruntime', onnxRunner, { tolerance: 1e-4 });
