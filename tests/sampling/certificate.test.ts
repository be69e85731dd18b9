import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest } from '../../src/data/digest.js';
import { FLOW_GEOMETRIES } from '../../src/flow/geometry.js';
import { certificateIn, type NoveltyCertificate } from '../../src/formats/certificate.js';
import { fileFormat, NETWORK_FORMATS } from '../../src/formats/network-format.js';
import { architecture } from '../../src/network/architecture.js';
import { Sampler } from '../../src/sampling/sampler.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { sampleJob } from '../support/sample-job.js';
import { writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

describe.each(FLOW_GEOMETRIES)('the certificate of a %s flow', (geometry) => {
  let flow: ToyFlow;
  let sampler: Sampler;
  beforeAll(async () => {
    flow = await writeToyFlow({ geometry, keepsRuns: true });
    sampler = await Sampler.open({ modelsDir: flow.modelsDir });
  });
  afterAll(async () => {
    await sampler.close();
    await flow.remove();
  });

  const certificates = async (
    changes: Partial<SampleJob>,
  ): Promise<readonly (NoveltyCertificate | null)[]> =>
    (await sampler.sample(sampleJob(changes))).map(({ metadata }) => certificateIn(metadata));

  it.each([architecture([2, 8, 2]), architecture([2, 8, 8, 2])])(
    'tells the distance to the nearest of the runs of %o',
    async (arch) => {
      for (const certificate of await certificates({ architecture: arch, count: 3 })) {
        expect(certificate).toMatchObject({
          noveltyRuns: 3,
          noveltyReason: null,
          noveltyMedianRatio: null,
        });
        expect(certificate?.noveltyDistance).toBeGreaterThan(0);
        expect(certificate?.noveltyRatio).toBeGreaterThan(0);
        expect([0, 1, 2]).toContain(certificate?.noveltyNearestRun);
      }
    },
  );

  it('is the same alone and in a batch', async () => {
    const together = await certificates({ count: 4 });
    for (const [firstIndex, certificate] of together.entries()) {
      expect(await certificates({ firstIndex })).toEqual([certificate]);
    }
  });

  it('names the weights that each kind of file holds, and one distance in all', async () => {
    const distances = await Promise.all(
      NETWORK_FORMATS.map(async (format) => {
        const [network] = await sampler.sample(sampleJob({ format }));
        const certificate = certificateIn(network!.metadata);
        const { weights } = fileFormat(format).decode!(network!.bytes, { activation: 'relu' });
        expect(certificate?.weightsSha256).toBe(digest(weights));
        return certificate?.noveltyDistance;
      }),
    );
    expect(new Set(distances).size).toBe(1);
  });

  it('says why there is no distance', async () => {
    expect(await certificates({ architecture: architecture([2, 9, 2]) })).toMatchObject([
      {
        noveltyDistance: null,
        noveltyRatio: null,
        noveltyNearestRun: null,
        noveltyRuns: 0,
        noveltyReason: "the flow's zoo has no run of 2-9-2",
      },
    ]);
  });
});
