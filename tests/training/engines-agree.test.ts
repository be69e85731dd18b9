import { expect, it } from 'vitest';
import { Random } from '../../src/random.js';
import type { Engine } from '../../src/training/engine.js';
import { flowProgram } from '../../src/training/flow-program.js';
import { AdamW } from '../../src/training/optimizers.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { TfjsEngine } from '../../src/training/tfjs-engine.js';
import { NeuronTransformer } from '../../src/velocity/neuron-transformer.js';
import { deviation } from '../ops/finite-differences.js';
import { randomParameters as randomFlowParameters, TINY } from '../velocity/tiny-network.js';
import { program, randomParameters, TIMES, TOKENS } from './describe-engine.js';

const openTfjs = (): Promise<Engine> =>
  TfjsEngine.load({ backends: ['tfjs-wasm'], log: () => undefined });

/** The losses of 50 steps of AdamW from the same start. */
async function lossCurve(engine: Engine): Promise<number[]> {
  const parameters = randomParameters();
  const optimizer = new AdamW(
    parameters.map(({ length }) => length),
    { weightDecay: 1e-2 },
  );
  const compiled = await engine.compile(program);
  const losses: number[] = [];
  for (let step = 0; step < 50; step++) {
    const { loss, gradients } = await compiled.evaluate(parameters, [TOKENS, TIMES]);
    optimizer.update(parameters, gradients, 1e-2);
    losses.push(loss);
  }
  await compiled.dispose();
  return losses;
}

it('trains alike on both engines: 50 losses within 1e-3', async () => {
  const ort = await lossCurve(new OrtEngine({ threads: 1 }));
  const tfjs = await lossCurve(await openTfjs());
  expect(ort.at(-1)).toBeLessThan(0.5 * ort[0]!);
  for (const [step, loss] of ort.entries()) {
    expect(Math.abs(loss - tfjs[step]!) / tfjs[step]!, `step ${step}`).toBeLessThan(1e-3);
  }
});

it.each([
  { hidden: 1, slots: 0, segments: 1 },
  { hidden: 2, slots: 6, segments: 1 },
  { hidden: 3, slots: 0, segments: 3 },
])(
  'gives the gradients of a flow alike: $hidden hidden layers, $slots slots, $segments segments (1e-4)',
  async ({ hidden, slots, segments }) => {
    const sizes: Readonly<Record<string, number>> = { batch: 3, h1: 5, h2: 4, h3: 6 };
    const config = { ...TINY, slots };
    const parameters = randomFlowParameters(config);
    const values = parameters.map(({ data }) => data);
    const flow = flowProgram(hidden, {
      model: {
        network: new NeuronTransformer(config),
        prediction: 'endpoint',
        geometry: 'euclidean',
      },
      loss: 'chord',
      parameters,
    });
    const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
    const data = flow.inputs.map(({ name, shape }) => {
      const concrete = shape.map((dim) => (typeof dim === 'number' ? dim : sizes[dim]!));
      const random = new Random(2, name);
      const count = elements(concrete);
      return {
        shape: concrete,
        data:
          name === 't' ? random.normals(count).map(() => random.uniform()) : random.normals(count),
      };
    });
    const [ort, tfjs] = await Promise.all(
      [new OrtEngine({ threads: 1, segments }), await openTfjs()].map(async (engine) =>
        (await engine.compile(flow)).evaluate(values, data),
      ),
    );
    expect(deviation([ort!.loss], [tfjs!.loss])).toBeLessThan(1e-5);
    for (const [index, { name }] of parameters.entries()) {
      expect(deviation(ort!.gradients[index]!, tfjs!.gradients[index]!), name).toBeLessThan(1e-4);
    }
  },
);
