/** Recorded computations, which can be differentiated and emitted as graphs. */
export { collectParameters } from './trace/collect-parameters.js';
export { reachable, type Expression } from './trace/expression.js';
export { Replay, replay } from './trace/replay.js';
export { Tracer } from './trace/tracer.js';
