import { expect, it } from 'vitest';
import { ReferenceOps, tensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { principalAggregates } from '../../src/velocity/principal-aggregates.js';

const [BATCH, N, M, WIDTH] = [2, 3, 4, 2];
const messages = tensor(new Random(1).normals(BATCH * N * M * WIDTH), [BATCH, N, M, WIDTH]);
const at = (batch: number, n: number, m: number, feature: number): number =>
  messages.data[((batch * N + n) * M + m) * WIDTH + feature]!;

/** From the definitions: mean, maximum, minimum, deviation; then each scaler times the four. */
function expectedOf(neighbours: readonly (readonly number[])[]): readonly number[] {
  const columns = Array.from({ length: WIDTH }, (_, feature) =>
    neighbours.map((message) => message[feature]!),
  );
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const aggregates = [
    ...columns.map(mean),
    ...columns.map((values) => Math.max(...values)),
    ...columns.map((values) => Math.min(...values)),
    ...columns.map((values) =>
      Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)) + 1e-5),
    ),
  ];
  const scaler = Math.log(neighbours.length + 1) / Math.log(17);
  return [1, scaler, 1 / scaler].flatMap((factor) => aggregates.map((value) => factor * value));
}

it.each([
  { axis: 1, receivers: M, senders: N },
  { axis: 2, receivers: N, senders: M },
] as const)('aggregates along axis $axis by the definitions (1e-12)', (side) => {
  const { axis, receivers, senders } = side;
  const actual = principalAggregates(new ReferenceOps(), messages, axis);
  expect(actual.shape).toEqual([BATCH, receivers, 12 * WIDTH]);
  const expected = Array.from({ length: BATCH }, (_, batch) =>
    Array.from({ length: receivers }, (_, receiver) =>
      expectedOf(
        Array.from({ length: senders }, (_, sender) =>
          Array.from({ length: WIDTH }, (_, feature) =>
            axis === 1
              ? at(batch, sender, receiver, feature)
              : at(batch, receiver, sender, feature),
          ),
        ),
      ),
    ),
  ).flat(2);
  expected.forEach((value, index) => {
    expect(Math.abs(actual.data[index]! - value), `element ${index}`).toBeLessThan(1e-12);
  });
});
