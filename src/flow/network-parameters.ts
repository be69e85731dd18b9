import { collectParameters } from '../ops/trace.js';
import type { ParameterSpec } from '../ops/tensor-ops.js';
import { createVelocityNetwork, type VelocityConfig } from '../velocity/create-velocity-network.js';
import { isCanonical, type FlowGeometry } from './geometry.js';

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
