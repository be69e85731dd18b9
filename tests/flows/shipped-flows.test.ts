import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { architectureIn, architectureName } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { withHiddenSizes } from '../../src/network/resize.js';
import { DEFAULT_MODELS_DIR } from '../../src/package-info.js';
import type { FlowSummary } from '../../src/flows/flow-summary.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { hasFailed, type FlowFigure } from '../../src/flows/flow-figures.js';
import { openFlow } from '../../src/flows/flow-store.js';
import { checkJob } from '../../src/sampling/job-check.js';
import { completeSampling } from '../../src/flows/sampling-options.js';

function job(flow: FlowSummary, figure: FlowFigure): SampleJob {
  return {
    flow: flow.name,
    architecture: architectureIn(figure),
    seed: 1,
    firstIndex: 0,
    count: 1,
    ...completeSampling(flow, { steps: figure.steps }),
    format: 'onnx',
    inputScaling: 'folded',
  };
}

describe.each(readdirSync(DEFAULT_MODELS_DIR))('the shipped flow %s', (name) => {
  const opened = openFlow(join(DEFAULT_MODELS_DIR, name));

  it('serves what was measured to do well, and nothing that was measured to fail', async () => {
    const { summary } = await opened;
    for (const figure of summary.figures) {
      const check = (): void => {
        checkJob(summary, job(summary, figure));
      };
      expect(figure.judgement, architectureName(figure)).not.toBeNull();
      if (hasFailed(figure, summary.figures))
        expect(check).toThrow(/does not serve|so few|takes 1 to \d+ steps/);
      else expect(check).not.toThrow();
    }
  });

  it('was measured at the narrowest and the widest networks that it serves at each depth', async () => {
    const { summary } = await opened;
    const { bounds, figures, steps } = summary;
    expect(bounds.depths.length).toBeGreaterThan(0);
    for (const { family, zoo, width } of bounds.depths) {
      const one = figures.map(architectureIn).find((arch) => networkOf(arch).family.key === family);
      for (const own of [width.min, width.max]) {
        // Where failing begins at the zoo's edge, the edge is the zoo's.
        if (own === zoo?.min || own === zoo?.max) continue;
        expect(figures.map((figure) => [architectureName(figure), figure.steps])).toContainEqual([
          architectureName(withHiddenSizes(one!, () => own)),
          steps.default,
        ]);
      }
    }
  });
});
