/** File formats of a generated network. `onnx` is a classifier; the others hold its weights only. */
export const NETWORK_FORMATS = ['onnx', 'safetensors', 'npz'] as const;
export type NetworkFormat = (typeof NETWORK_FORMATS)[number];

/**
 * What the network of a file takes: `folded` is raw features, `separate` features that its user has
 * standardised, `(x − mean) / scale`.
 */
export const INPUT_SCALINGS = ['folded', 'separate'] as const;
export type InputScaling = (typeof INPUT_SCALINGS)[number];
