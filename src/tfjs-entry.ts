/** The entry `weightspring/training/tfjs`: TensorFlow.js as an engine; needs `@tensorflow/tfjs`. */
export { loadTfjs, type LoadTfjsOptions, type TfjsBackend } from './training/tfjs-backend.js';
export { TfjsEngine } from './training/tfjs-engine.js';
