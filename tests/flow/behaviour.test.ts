import { describe, expect, it } from 'vitest';
import { behaviourLoss, decodePoint, type Behaviour } from '../../src/flow/behaviour.js';
import { FLOW_GEOMETRIES, pointGeometry, type FlowGeometry } from '../../src/flow/geometry.js';
import { endOf } from '../../src/flow/prediction.js';
import { samplePath, velocityTowards } from '../../src/flow/probability-path.js';
import type { WeightSpace } from '../../src/flow/weight-space.js';
import { architecture } from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import { networkOf } from '../../src/network/network.js';
import { permuteNeurons } from '../../src/network/permute.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import { differentiate } from '../../src/ops/differentiate.js';
import {
  ReferenceOps,
  scalarValue,
  tensor,
  type ReferenceTensor,
} from '../../src/ops/reference-ops.js';
import { replay, Tracer } from '../../src/ops/trace.js';
import { Random } from '../../src/random.js';
import { fitInputSpectrum, inputMetricOf } from '../../src/training/fit-input-metric.js';
import { gap } from './points.js';
import { fittedSpace } from '../support/fitted-space.js';

const ops = new ReferenceOps();
const ARCH = architecture([6, 5, 4, 3]);
const ROWS = 7;
const BATCH = 2;

const NETWORKS = Array.from({ length: 6 }, (_, seed) =>
  new Random(seed, 'network').normals(networkOf(ARCH).parameters).map((value) => 0.6 * value),
);
const DATA = new Random(1, 'rows').normals(6 * 60);

interface Setting {
  readonly space: WeightSpace;
  readonly behaviour: Behaviour<ReferenceTensor>;
}

async function settingOf(geometry: FlowGeometry, rank: number | null): Promise<Setting> {
  const metric = rank === null ? undefined : inputMetricOf(await fitInputSpectrum(DATA, 6), rank);
  const space = await fittedSpace(ARCH, NETWORKS, geometry, { inputMetric: metric });
  const raw = DATA.subarray(0, 6 * ROWS);
  const rows = metric?.whiten(raw) ?? raw;
  return {
    space,
    behaviour: {
      architecture: space.architecture,
      rows: tensor(rows, [ROWS, networkOf(space.architecture).inputs]),
      scales: tensor(space.decodingScales, [space.decodingScales.length]),
    },
  };
}

function lift(space: WeightSpace, networks: readonly Float32Array[]): readonly ReferenceTensor[] {
  const point = space.pack(networks.map((network) => space.standardise(network)));
  return point.map(({ data, shape }) => tensor(data, shape));
}

function lossOf(
  { space: { layout }, behaviour }: Setting,
  target: readonly ReferenceTensor[],
  end: readonly ReferenceTensor[],
): number {
  return scalarValue(
    behaviourLoss(ops, behaviour, { layout, tensors: target }, { layout, tensors: end }),
  );
}

function softmax(logits: Float64Array): number[] {
  const all = logits.reduce((sum, value) => sum + Math.exp(value), 0);
  return Array.from(logits, (value) => Math.exp(value) / all);
}

describe.each(FLOW_GEOMETRIES)('the behaviour of points of the %s flow', (geometry) => {
  describe.each([null, 4, 6])('over an input metric of rank %s', async (rank) => {
    const setting = await settingOf(geometry, rank);
    const { space, behaviour } = setting;
    const target = lift(space, NETWORKS.slice(0, BATCH));
    const end = lift(space, NETWORKS.slice(2, 2 + BATCH));

    it('is decoded as WeightSpace decodes it', () => {
      const { layout } = space;
      const weights = decodePoint(ops, { layout, tensors: target }, behaviour.scales);
      const decoded = space.decode(
        target.map(({ shape, data }) => ({ shape: shape, data: Float32Array.from(data) })),
      );
      for (let row = 0; row < BATCH; row++) {
        const own = networkOf(space.architecture).slots.flatMap(({ name, size }) => {
          const { data } = weights.get(name)!;
          return Array.from(data.subarray(row * size, (row + 1) * size));
        });
        const rows = rank === null ? DATA.subarray(0, 6 * ROWS) : null;
        const expected = forward(
          rank === null ? ARCH : space.architecture,
          own,
          Float32Array.from(behaviour.rows.data),
        );
        const actual = forward(ARCH, decoded[row]!, rows ?? DATA.subarray(0, 6 * ROWS));
        actual.forEach((logit, i) => {
          expect(Math.abs(logit - expected[i]!)).toBeLessThan(2e-4);
        });
      }
    });

    it('differs by the mean divergence of what networks say', () => {
      const rows = Float32Array.from(behaviour.rows.data);
      const arch = space.architecture;
      const flat = (tensors: readonly ReferenceTensor[], row: number): number[] => {
        const point = { layout: space.layout, tensors };
        const weights = decodePoint(ops, point, behaviour.scales);
        return networkOf(arch).slots.flatMap(({ name, size }) =>
          Array.from(weights.get(name)!.data.subarray(row * size, (row + 1) * size)),
        );
      };
      let sum = 0;
      for (let b = 0; b < BATCH; b++) {
        const [p, q] = [forward(arch, flat(target, b), rows), forward(arch, flat(end, b), rows)];
        for (let n = 0; n < ROWS; n++) {
          const [wanted, said] = [p, q].map((all) => softmax(all.subarray(3 * n, 3 * n + 3)));
          wanted!.forEach((share, c) => {
            sum += share * Math.log(share / said![c]!);
          });
        }
      }
      expect(lossOf(setting, target, end)).toBeCloseTo(sum / (BATCH * ROWS), 8);
      expect(lossOf(setting, target, target)).toBeCloseTo(0, 10);
      expect(lossOf(setting, target, end)).toBeGreaterThan(1e-3);
    });

    it('is the same in every order of the hidden neurons', () => {
      const spec = permutationSpec(ARCH);
      const turned = NETWORKS.slice(2, 2 + BATCH).map((network, index) =>
        permuteNeurons(
          network,
          ARCH,
          spec,
          spec.groups.map(({ size }) => new Random(index).permutation(size)),
        ),
      );
      expect(lossOf(setting, target, lift(space, turned))).toBeCloseTo(
        lossOf(setting, target, end),
        5,
      );
    });

    it('has the gradient of central differences by the end point', () => {
      const { layout } = space;
      const tracer = new Tracer();
      const constant = ({ data, shape }: ReferenceTensor) => tracer.constant(data, shape);
      const inputs = end.map(({ shape }, index) => tracer.input(`end${index}`, shape));
      const recorded = behaviourLoss(
        tracer,
        { ...behaviour, rows: constant(behaviour.rows), scales: constant(behaviour.scales) },
        { layout, tensors: target.map(constant) },
        { layout, tensors: inputs },
      );
      const values = new Map(inputs.map((input, index) => [input, end[index]!] as const));
      const gradients = replay(differentiate(tracer, recorded, inputs), ops, values);
      const step = 1e-5;
      end.forEach((part, index) => {
        const element = new Random(index).integer(part.data.length);
        const moved = (by: number): number => {
          const data = Float64Array.from(part.data);
          data[element]! += by;
          return lossOf(
            setting,
            target,
            end.map((own, at) => (at === index ? { ...own, data } : own)),
          );
        };
        const expected = (moved(step) - moved(-step)) / (2 * step);
        expect(gradients[index]!.data[element]!).toBeCloseTo(expected, 6);
      });
      expect(gradients.some(({ data }) => data.some((value) => Math.abs(value) > 1e-4))).toBe(true);
    });
  });

  it('is that of where a predicted velocity arrives', async () => {
    const { space } = await settingOf(geometry, 4);
    const { layout } = space;
    const { path } = pointGeometry(geometry, layout.tensors);
    const [x0, x1] = [lift(space, NETWORKS.slice(4, 6)), lift(space, NETWORKS.slice(0, 2))];
    const t = tensor([0.3, 0.8]);
    const xt = samplePath(ops, path, x0, x1, t);
    const velocity = velocityTowards(ops, path, xt, x1, t);
    const model = { layout, prediction: 'velocity', geometry } as const;
    expect(gap(endOf(ops, model, velocity, xt, t), x1)).toBeLessThan(1e-5);
  });
});
