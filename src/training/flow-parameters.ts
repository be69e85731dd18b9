import { isCanonical, type FlowGeometry } from '../flow/geometry.js';
import { collectParameters } from '../ops/trace.js';
import type { ParameterSpec } from '../ops/tensor-ops.js';
import { Random } from '../random.js';
import { createVelocityNetwork, type VelocityConfig } from '../velocity/create-velocity-network.js';

/**
 * The parameters of a velocity network in order of first use, over every depth that it serves:
 * deeper architectures use all of a shallower one's, and more.
 */
export function networkParameters(
  config: VelocityConfig,
  geometry: FlowGeometry,
): readonly ParameterSpec[] {
  const network = createVelocityNetwork(config);
  return collectParameters((ops, parameter) => {
    for (const hidden of network.served.depths) {
      const shapes = network.served.pointShapes(hidden, isCanonical(geometry));
      const point = shapes.map((shape, index) => ops.input(`depth${hidden}.x${index}`, shape));
      network.predict(ops, parameter, point, ops.input(`depth${hidden}.t`, ['batch']));
    }
  });
}

/** Starting values of parameters: each from its own stream of the seed. */
export function initialiseParameters(
  specs: readonly ParameterSpec[],
  seed: number,
): readonly Float32Array[] {
  return specs.map(({ name, shape, init }) => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    switch (init.kind) {
      case 'zeros':
        return new Float32Array(size);
      case 'ones':
        return new Float32Array(size).fill(1);
      case 'normal':
        return new Random(seed, 'parameter', name).normals(size).map((value) => value * init.std);
    }
  });
}
