import { INPUT } from '../network/graph.js';
import type { TensorFacts } from '../network/slots.js';

/** Whether a tensor is a weight from the features. */
export const readsFeatures = ({ from }: Pick<TensorFacts, 'from'>): boolean => from === INPUT;
