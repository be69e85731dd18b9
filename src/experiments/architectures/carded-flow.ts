import { join } from 'node:path';
import { z } from 'zod';
import { WeightspringError } from '../../errors.js';
import { parseWith } from '../../files/schema-problem.js';
import type { FlowCard, FlowFigure } from '../../flows/flow-figures.js';
import { flowFolder } from '../../flows/flow-folder.js';
import { FLOW_FILES, readFlowCard, type OpenedFlow } from '../../flows/flow-store.js';
import type { ModelsDir } from '../../flows/models-dir.js';
import { failureOf, isExtrapolated } from '../../flows/served-region.js';
import { architectureIn, architectureKey, type Architecture } from '../../network/architecture.js';
import { architectureWith } from '../../network/grammar.js';

/** What a card tells of networks of one architecture, at the flow's default steps. */
export interface CardedArchitecture extends Pick<
  FlowFigure,
  'accuracy' | 'crossEntropy' | 'trainedAccuracy'
> {
  readonly architecture: Architecture;
  /** Whether the zoo has networks of it. */
  readonly isSeen: boolean;
  /** Of the mean of the samples' probabilities; null where it was not measured. */
  readonly averagedAccuracy: number | null;
  /** Median novelty ratio of the samples; null where it was not measured. */
  readonly noveltyRatio: number | null;
  /** The same of held-out runs. */
  readonly heldOutRatio: number | null;
  readonly serving: 'served' | 'extrapolated' | 'refused';
}

/** A flow and what its card tells. */
export interface CardedFlow {
  readonly name: string;
  readonly task: string;
  readonly sha256: string;
  readonly solver: string;
  /** Default number of steps. */
  readonly steps: number;
  /** In the order of the card; empty before it has been written. */
  readonly architectures: readonly CardedArchitecture[];
}

const distanceSchema = z.object({ medianRatio: z.number() }).nullable();

/** The part of a scrutiny that is read here. */
const scrutinySchema = architectureWith(
  {
    steps: z.int(),
    samples: z.object({ distance: distanceSchema }),
    heldOut: z.object({ distance: distanceSchema }).nullable().default(null),
    averages: z.array(z.object({ samples: z.number().nullable() })),
  },
  { isStrict: false },
);
type ReadScrutiny = z.infer<typeof scrutinySchema>;

/**
 * Reads the card of a flow.
 *
 * @param modelsDir - where its folder is; several are searched in order
 * @throws WeightspringError `data-corrupt`
 */
export async function readCardedFlow(modelsDir: ModelsDir, flow: OpenedFlow): Promise<CardedFlow> {
  const { name, task, sha256, solver, steps } = flow.summary;
  const folder = await flowFolder(modelsDir, name);
  const card = await readFlowCard(folder);
  const scrutinies = readScrutinies(card, join(folder, FLOW_FILES.figures));
  return {
    name,
    task,
    sha256,
    solver,
    steps: steps.default,
    architectures: card.figures
      .filter((figure) => figure.steps === steps.default)
      .map((figure) => cardedArchitecture(flow, figure, scrutinies)),
  };
}

function cardedArchitecture(
  { summary }: OpenedFlow,
  figure: FlowFigure,
  scrutinies: readonly ReadScrutiny[],
): CardedArchitecture {
  const architecture = architectureIn(figure);
  const isOf = (record: Architecture): boolean =>
    architectureKey(architectureIn(record)) === architectureKey(architecture);
  const scrutiny = scrutinies.find((one) => one.steps === figure.steps && isOf(one));
  const averages = scrutiny?.averages.flatMap(({ samples }) => samples ?? []) ?? [];
  const { accuracy, crossEntropy, trainedAccuracy, noveltyMedianRatio } = figure;
  return {
    architecture,
    accuracy,
    crossEntropy,
    trainedAccuracy,
    isSeen: summary.architectures.some(isOf),
    averagedAccuracy: averages.at(-1) ?? null,
    noveltyRatio: noveltyMedianRatio ?? scrutiny?.samples.distance?.medianRatio ?? null,
    heldOutRatio: scrutiny?.heldOut?.distance?.medianRatio ?? null,
    serving:
      failureOf(summary, architecture) !== undefined
        ? 'refused'
        : isExtrapolated(summary, architecture)
          ? 'extrapolated'
          : 'served',
  };
}

function readScrutinies({ scrutinies }: FlowCard, path: string): readonly ReadScrutiny[] {
  return parseWith(z.array(scrutinySchema), scrutinies, 'all of it', ({ field, reason }) => {
    const problem = `does not hold scrutinies of a card: '${field}': ${reason}`;
    return new WeightspringError('data-corrupt', `${path} ${problem}`);
  });
}
