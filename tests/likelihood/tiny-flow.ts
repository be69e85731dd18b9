import type { Architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import type { FlowGeometry } from '../../src/flow/geometry.js';
import type { Prediction } from '../../src/flow/prediction.js';
import type { LikelihoodFlow } from '../../src/likelihood/likelihood-flow.js';
import { Random } from '../../src/random.js';
import { networkParameters } from '../../src/flow/network-parameters.js';
import { createVelocityNetwork } from '../../src/velocity/create-velocity-network.js';
import { forFamily } from '../support/point-of.js';
import { TINY } from '../velocity/tiny-network.js';

/**
 * A flow over 3-…-2 networks with random parameters, none of them zero: no closed form at all.
 *
 * @param gain - of the parameters: how strongly the field varies
 */
export function tinyFlow(
  arch: Architecture,
  geometry: FlowGeometry,
  prediction: Prediction = 'endpoint',
  gain = 0.7,
): LikelihoodFlow {
  const law = { intercept: Math.log(0.4), fanIn: 0, fanOut: 0 };
  return {
    model: { network: createVelocityNetwork(TINY), prediction, geometry },
    parameters: new Map(
      networkParameters(TINY, geometry).map(({ name, shape }) => {
        const size = shape.reduce((product, dim) => product * dim, 1);
        const std = shape.length > 1 ? gain / Math.sqrt(shape.at(-2) ?? 1) : 0.3 * gain;
        const data = new Random(8, name).normals(size).map((value) => std * value);
        return [name, { shape, data }] as const;
      }),
    ),
    coordinates: {
      geometry,
      scales: forFamily(
        arch,
        networkOf(arch).slots.map(() => law),
      ),
      logScales: forFamily(arch, { intercept: 0.3, width: 0, std: 0.5 }),
    },
    activations: ['relu'],
  };
}
