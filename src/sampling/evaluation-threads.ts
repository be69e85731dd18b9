/**
 * Values of an evaluation by its memory plan, in bytes, from where on threads that share it bring
 * more than they cost. Below, a second one is busy for more than it brings, and keeps a core from
 * others (`npm run -s bench -- --only threads`, decision 0015).
 */
const MIN_SHARED_BYTES = 4 * 2 ** 20;

/**
 * How many threads evaluate a batch on the CPU: all, or one where the batch is small. Nothing in
 * between, because each number of threads needs a session of its own.
 *
 * @param planned - bytes that the evaluation of the batch holds by its memory plan
 * @param most - threads that there are
 */
export function evaluationThreads(planned: number, most: number): number {
  return planned < MIN_SHARED_BYTES ? 1 : most;
}
