import { expect, it } from 'vitest';
import type { Engine } from '../../src/training/engine.js';
import { AdamW } from '../../src/training/optimizers.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { TfjsEngine } from '../../src/training/tfjs-engine.js';
import { program, randomParameters, TIMES, TOKENS } from './describe-engine.js';

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
  const tfjs = await lossCurve(
    await TfjsEngine.load({ backends: ['tfjs-wasm'], log: () => undefined }),
  );
  expect(ort.at(-1)).toBeLessThan(0.5 * ort[0]!);
  for (const [step, loss] of ort.entries()) {
    expect(Math.abs(loss - tfjs[step]!) / tfjs[step]!, `step ${step}`).toBeLessThan(1e-3);
  }
});
