import { describe, expect, it } from 'vitest';
import {
  architecture,
  architectureName,
  graphArchitecture,
  type Activation,
  type Architecture,
  type ArchitectureNode,
} from '../../src/network/architecture.js';
import type { DepthBounds } from '../../src/flows/flow-summary.js';
import { hasFailed, type FlowFigure } from '../../src/flows/flow-figures.js';
import {
  boundsOf,
  extrapolationNote,
  failureOf,
  fewestSteps,
  isExtrapolated,
  mostSteps,
  servedDepths,
  type ServingFlow,
} from '../../src/flows/served-region.js';
import { FLOW } from '../server/fake-source.js';
import { TINY } from '../velocity/tiny-network.js';

const STEPS = { min: 1, default: 8 };
const law = { intercept: 0, fanIn: 0, fanOut: 0 };

/** One to three hidden layers of 4 to 40; the zoo has 8 to 32 with one and three, all relu. */
const CONFIG = {
  architectures: [
    [30, 8, 2],
    [30, 32, 2],
    [30, 8, 32, 8, 2],
  ].map((layers) => ({ layers, activation: 'relu' as const, runs: 20, accuracy: 0.98 })),
  activations: ['relu' as const, 'tanh' as const],
  bounds: {
    hiddenLayers: { min: 1, max: 3 },
    width: { min: 4, max: 40 },
    totalWeights: { max: 5000 },
  },
  scales: { '30-h1-2': [law], '30-h1-h2-h3-2': [law] },
  velocity: { ...TINY, inputs: 30, outputs: 2, maxHiddenLayers: 3 },
};

function figure(layers: readonly number[], broken: number, steps = 8): FlowFigure {
  return {
    layers,
    activation: 'relu',
    solver: 'euler',
    steps,
    samples: 64,
    accuracy: { mean: 0.9, min: 0.4 },
    crossEntropy: 0.3,
    trainedAccuracy: 0.98,
    judgement: {
      rows: 57,
      guessing: 0.63,
      trained: { runs: 20, accuracy: 0.98 },
      skill: 0.95,
      broken,
    },
  };
}

const failure = (...hidden: number[]): FlowFigure => figure([30, ...hidden, 2], 0.1);

function flowWith(figures: readonly FlowFigure[]): ServingFlow {
  const depths = servedDepths(CONFIG, figures, STEPS.default);
  return { bounds: { ...CONFIG.bounds, depths }, figures, steps: STEPS };
}

const relu = (depths: readonly DepthBounds[]): unknown =>
  depths
    .filter(({ activation }) => activation === 'relu')
    .map(({ hiddenLayers, zoo, width }) => [hiddenLayers, zoo, width]);

describe('hasFailed', () => {
  it.each([
    ['as good as trained networks', 1, 0, false],
    ['just at the bar', 0.8, 1 / 64, false],
    ['a poor mean', 0.79, 0, true],
    ['two broken of 64', 0.99, 2 / 64, true],
  ])('%s', (_name, skill, broken, failed) => {
    const { judgement, ...rest } = figure([30, 8, 2], broken);
    expect(hasFailed({ ...rest, judgement: judgement && { ...judgement, skill } }, [])).toBe(
      failed,
    );
  });

  it('knows nothing where there was nothing to compare with', () => {
    expect(hasFailed({ judgement: null }, [])).toBe(false);
  });

  it('refuses what is as good as trained networks that fail themselves', () => {
    const judged = (guessing: number, accuracy: number): Pick<FlowFigure, 'judgement'> => ({
      judgement: { rows: 57, guessing, trained: { runs: 8, accuracy }, skill: 2, broken: 0 },
    });
    const good = judged(0.1, 0.9);
    expect(hasFailed(judged(0.1, 0.29), [good])).toBe(true);
    expect(hasFailed(judged(0.1, 0.31), [good])).toBe(false);
    expect(hasFailed(judged(0.1, 0.29), [])).toBe(false);
  });
});

describe('networks of no family that a flow serves', () => {
  const graph = (...nodes: ArchitectureNode[]): Architecture =>
    graphArchitecture({ input: [30], nodes });
  const dense = (units: number): ArchitectureNode => ({ op: 'dense', units });
  const of = (name: Activation): ArchitectureNode => ({ op: 'activation', function: name });
  const others: readonly (readonly [string, Architecture])[] = [
    ['another depth', architecture([30, 8, 8, 2])],
    [
      'two activations',
      graph(dense(8), of('relu'), dense(8), of('tanh'), dense(8), of('relu'), dense(2)),
    ],
    ['a residual block', graph(dense(8), dense(8), { op: 'add', inputs: ['0', '1'] }, dense(2))],
  ];

  it.each(others)('have no bounds, and lie outside the hull: %s', (_name, arch) => {
    const flow = flowWith([failure(5, 5, 5)]);
    expect(boundsOf(flow.bounds.depths, arch)).toBeUndefined();
    expect(isExtrapolated(flow, arch)).toBe(true);
    expect(failureOf(flow, arch)).toBeUndefined();
  });

  it('are none of those with several activations of which the zoo has networks', () => {
    const mixture = (...[first, second, third]: [number, number, number]): Architecture =>
      graph(
        ...[dense(first), of('relu'), dense(second), of('tanh'), dense(third)],
        ...[of('relu'), dense(2)],
      );
    const other = graph(dense(8), of('tanh'), dense(9), of('relu'), dense(8), of('relu'), dense(2));
    const ofZoo = [mixture(8, 9, 8), mixture(16, 12, 8)];
    const architectures = [
      ...CONFIG.architectures,
      ...ofZoo.map((arch) => ({ ...arch, runs: 20, accuracy: 0.98 })),
    ];
    const failed = [{ ...failure(4, 4, 4), ...mixture(20, 8, 8) } as FlowFigure];
    const depths = servedDepths({ ...CONFIG, architectures }, failed, STEPS.default);
    expect(depths.map(({ hiddenLayers, activation }) => [hiddenLayers, activation])).toEqual([
      [1, 'relu'],
      [1, 'tanh'],
      [3, 'relu'],
      [3, 'tanh'],
      [3, 'relu,tanh,relu'],
    ]);
    expect(boundsOf(depths, mixture(5, 6, 7))).toMatchObject({ zoo: { min: 8, max: 16 } });
    const flow = { bounds: { ...CONFIG.bounds, depths } };
    expect(isExtrapolated(flow, mixture(16, 8, 16))).toBe(false);
    expect(isExtrapolated(flow, mixture(17, 8, 16))).toBe(true);
    expect(boundsOf(depths, other)).toBeUndefined();
  });

  it('are none of those written as graphs that are perceptrons', () => {
    const flow = flowWith([]);
    expect(boundsOf(flow.bounds.depths, graph(dense(8), of('tanh'), dense(2)))).toMatchObject({
      family: '30-h1-2',
      activation: 'tanh',
    });
  });
});

describe('what a flow serves', () => {
  const all = { min: 4, max: 40 };
  const hull = { min: 8, max: 32 };

  it('is what its configuration says, at the depths that it has coordinates of', () => {
    expect(relu(servedDepths(CONFIG, [], 8))).toEqual([
      [1, hull, all],
      [3, hull, all],
    ]);
    expect(servedDepths(CONFIG, [], 8)).toContainEqual({
      family: '30-h1-2',
      hiddenLayers: 1,
      activation: 'tanh',
      zoo: null,
      width: all,
    });
  });

  it('ends where it was measured to fail, depth by depth', () => {
    const failed = [failure(5, 5, 5), failure(4, 4, 4), failure(38, 38, 38), failure(6, 36, 6)];
    expect(relu(servedDepths(CONFIG, failed, 8))).toEqual([
      [1, hull, all],
      [3, hull, { min: 6, max: 37 }],
    ]);
  });

  it('is not narrowed by failures in few steps', () => {
    expect(relu(servedDepths(CONFIG, [figure([30, 4, 2], 1, 1)], 8))).toContainEqual([
      1,
      hull,
      all,
    ]);
  });

  it.each([
    ['the failure itself', [[5, 5, 5]], [5, 5, 5], true],
    ['further out', [[5, 5, 5]], [4, 5, 5], true],
    ['as far out in one layer', [[5, 5, 5]], [16, 5, 32], true],
    ['nearer to the hull', [[5, 5, 5]], [6, 6, 6], false],
    ['out on the other side', [[5, 5, 5]], [40, 40, 40], false],
    ['another depth', [[5, 5, 5]], [5], false],
    ['as wide and as narrow', [[6, 36, 6]], [5, 37, 8], true],
    ['only as narrow', [[6, 36, 6]], [6, 6, 6], false],
    ['only as wide', [[6, 36, 6]], [36, 36, 36], false],
    ['as wide and at the edge of the hull', [[8, 36, 8]], [8, 36, 9], true],
    ['as wide and inside the hull', [[8, 36, 8]], [9, 36, 9], false],
    ['a failure inside the hull', [[8, 32, 8]], [8, 32, 8], true],
    ['beside a failure inside the hull', [[8, 32, 8]], [8, 32, 9], false],
    ['beyond a failure inside the hull', [[8, 32, 8]], [7, 33, 7], false],
  ])(
    'refuses by a failure between an architecture and the hull: %s',
    (_name, failed, hidden, isRefused) => {
      const flow = flowWith(failed.map((widths) => failure(...widths)));
      const found = failureOf(flow, architecture([30, ...hidden, 2]));
      expect(found && architectureName(found)).toBe(
        isRefused ? [30, ...(failed[0] ?? []), 2].join('-') : undefined,
      );
      expect(failureOf(flow, architecture([30, ...hidden, 2], 'tanh'))).toBeUndefined();
    },
  );
});

it('serves what was itself measured to do well', () => {
  const flow = flowWith([failure(36, 6, 6), figure([30, 6, 36, 6, 2], 0)]);
  const isRefused = (...hidden: number[]): boolean =>
    failureOf(flow, architecture([30, ...hidden, 2])) !== undefined;
  expect(isRefused(36, 6, 6)).toBe(true);
  expect(isRefused(6, 6, 36)).toBe(true);
  expect(isRefused(6, 36, 6)).toBe(false);
});

describe('isExtrapolated', () => {
  it.each([
    [[8], 'relu', false],
    [[32], 'relu', false],
    [[20], 'relu', false],
    [[7], 'relu', true],
    [[33], 'relu', true],
    [[8, 20, 32], 'relu', false],
    [[8, 20, 33], 'relu', true],
    [[16, 16], 'relu', true],
    [[16], 'tanh', true],
  ] as const)('%j with %s: %s', (hidden, activation, expected) => {
    const arch = architecture([30, ...hidden, 2], activation);
    expect(isExtrapolated(flowWith([]), arch)).toBe(expected);
  });

  it('is told with the widths that the zoo has', () => {
    const of = (hidden: readonly number[]): string =>
      extrapolationNote(FLOW, architecture([30, ...hidden, 2]));
    expect(of([20, 20])).toMatch(/30-20-20-2\/relu .* flow wdbc, which has widths 16 to 16 at 2/);
    expect(of([16])).toMatch(/which has none of 1 hidden layers/);
  });
});

describe('mostSteps', () => {
  it('is one less than what was measured to fail above the default', () => {
    const probe = [30, 8, 2];
    const ladder = [figure(probe, 1, 1), figure(probe, 0), figure(probe, 0, 16)];
    const steps = { default: 8, max: 256 };
    expect(mostSteps(ladder, steps)).toBe(256);
    expect(mostSteps([...ladder, figure(probe, 1, 64), figure(probe, 0.1, 32)], steps)).toBe(31);
    expect(mostSteps([], steps)).toBe(256);
  });
});

describe('fewestSteps', () => {
  it('is one more than what was measured to fail', () => {
    const probe = [30, 8, 2];
    const ladder = [
      figure(probe, 1, 1),
      figure(probe, 0.1, 2),
      figure(probe, 0, 4),
      figure(probe, 1),
    ];
    expect(fewestSteps(ladder, 8)).toBe(3);
    expect(fewestSteps([], 8)).toBe(1);
  });
});
