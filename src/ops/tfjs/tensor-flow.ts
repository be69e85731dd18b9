import type * as tfjs from '@tensorflow/tfjs-core';

/**
 * The TensorFlow.js module, passed in by the code that loaded it: `@tensorflow/tfjs`,
 * `@tensorflow/tfjs-node` and `@tensorflow/tfjs-node-gpu` all provide it.
 */
export type TensorFlow = typeof tfjs;
