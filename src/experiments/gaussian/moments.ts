/** Mean and variance of many numbers. */
export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/** Moments over all numbers of all vectors. */
export function momentsOf(vectors: Iterable<Iterable<number>>): Moments {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const vector of vectors) {
    for (const value of vector) {
      count++;
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / count;
  return { mean, variance: squares / count - mean * mean };
}
