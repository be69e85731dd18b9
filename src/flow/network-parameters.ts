import { batchShapes, familyLayout } from '../network/point-layout.js';
import type { Shape } from '../onnx/dim.js';
import { collectParameters, type Expression } from '../ops/trace.js';
import type { ParameterSpec } from '../ops/tensor-ops.js';
import { createVelocityNetwork, type VelocityConfig } from '../velocity/create-velocity-network.js';
import { isCanonical, type FlowGeometry } from './geometry.js';

/**
 * The parameters of a velocity network in order of first use, over every family that it serves:
 * deeper architectures use all of a shallower one's, and more.
 *
 * @param flowMap - whether the network takes a second time. Default: not
 */
export function networkParameters(
  config: VelocityConfig,
  geometry: FlowGeometry,
  flowMap = false,
): readonly ParameterSpec[] {
  const network = createVelocityNetwork(config);
  return collectParameters((ops, parameter) => {
    for (const family of network.served.families) {
      const layout = familyLayout(family, isCanonical(geometry));
      const input = (name: string, shape: Shape): Expression =>
        ops.input(`${family.key}.${name}`, shape);
      const tensors = batchShapes(layout).map((shape, index) => input(`x${index}`, shape));
      const time = (name: string): Expression => input(name, ['batch']);
      const until = flowMap ? time('until') : undefined;
      network.predict(ops, parameter, { layout, tensors }, time('t'), until);
    }
  });
}
