/** Neurons of layers of the given widths, all of them. */
export function neuronCount(layers: readonly number[]): number {
  return layers.reduce((sum, width) => sum + width, 0);
}

/** Weights between neighbouring layers of the given widths, without biases. */
export function weightCount(layers: readonly number[]): number {
  return layers.slice(1).reduce((sum, width, index) => sum + width * (layers[index] ?? 0), 0);
}
