/** The joint Euclidean norm of gradients; NaN or infinite where one of them is. */
export function gradientNorm(gradients: readonly Float32Array[]): number {
  return Math.sqrt(gradients.reduce((sum, gradient) => sum + squaredNorm(gradient), 0));
}

/** What gradients of joint norm `norm` are multiplied by so that it becomes at most `maxNorm`. */
export function clipScale(norm: number, maxNorm: number): number {
  return norm > maxNorm ? maxNorm / norm : 1;
}

/** Four sums side by side, so that no addition waits for the one before. */
function squaredNorm(values: Float32Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += (values[i] as number) ** 2;
    b += (values[i + 1] as number) ** 2;
    c += (values[i + 2] as number) ** 2;
    d += (values[i + 3] as number) ** 2;
  }
  for (let i = whole; i < values.length; i++) a += (values[i] as number) ** 2;
  return a + b + c + d;
}
