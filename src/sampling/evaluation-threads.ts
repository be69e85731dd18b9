/**
 * Planned memory of an evaluation, in bytes, from which on several threads pay off. Below, a second
 * thread costs more processor time than it saves (`npm run -s bench -- --only threads`, decision 0015).
 */
const MIN_SHARED_BYTES = 4 * 2 ** 20;

/**
 * How many threads evaluate a batch on the CPU: all, or one for a small batch. Nothing in between,
 * because each number of threads needs its own session.
 *
 * @param planned - planned memory of the evaluation, in bytes
 * @param most - available threads
 */
export function evaluationThreads(planned: number, most: number): number {
  return planned < MIN_SHARED_BYTES ? 1 : most;
}
