import { describeVelocityNetwork, type VelocityConformance } from './conformance.js';
import { TINY, TINY_FULL, TINY_PNA, TINY_RELATIONAL, tinyMlp } from './tiny-network.js';

const SIZES: VelocityConformance['sizes'] = [
  [
    [3, 4, 2],
    [3, 1, 2],
  ],
  [
    [3, 5, 3, 2],
    [3, 2, 6, 2],
  ],
  [
    [3, 5, 1, 6, 2],
    [3, 4, 3, 5, 2],
  ],
];

const OF_ANY_WIDTHS = {
  'neuron-transformer, lean': TINY,
  'neuron-transformer, full': TINY_FULL,
  'relational-transformer': TINY_RELATIONAL,
  pna: TINY_PNA,
};

for (const [name, config] of Object.entries(OF_ANY_WIDTHS)) {
  describeVelocityNetwork(name, {
    configOf: () => config,
    sizes: SIZES,
    isEquivariant: true,
  });
}

describeVelocityNetwork('mlp', {
  configOf: (layers) => tinyMlp(layers.slice(1, -1)),
  sizes: SIZES,
  isEquivariant: false,
});
