import { architectureName } from '../../network/architecture.js';
import { formatPage, heading, paragraph, tableBlock, type ResultFiles } from '../results-page.js';
import { DEEP_WEIGHT_FLOW_MNIST, THESIS_MNIST_AVERAGED } from '../thesis-figures.js';
import { stepCharts, stepFigures } from '../thesis/step-charts.js';
import { stepTable, trainingTable } from '../thesis/variant-tables.js';
import type { MnistBudget } from './budget.js';
import { judgedSteps, mnistChecks } from './mnist-checks.js';
import type { MnistResults } from './mnist-experiment.js';
import { WIDE_ARCHITECTURE } from './mnist-recipe.js';
import { averagesTable, sampleTable, wideTable } from './mnist-tables.js';

export interface MnistPageOptions {
  readonly results: MnistResults;
  readonly budget: MnistBudget;
  /** The command that produced the results. */
  readonly command: string;
}

/** `mnist.md` and its charts. */
export function mnistFiles({ results, budget, command }: MnistPageOptions): ResultFiles {
  const { variants, zoo } = results;
  const judged = judgedSteps(results);
  const [few = 1] = judged;
  const page = formatPage({
    title: 'MNIST: three flows over the networks of the thesis',
    blocks: [
      paragraph(introduction(results, budget)),
      paragraph(recipe(budget)),
      { kind: 'command', text: command },
      heading('Samples'),
      paragraph(SAMPLE_GUIDE),
      ...judged.flatMap((steps) => [
        paragraph(`**${steps} Euler steps**`),
        tableBlock(sampleTable(results, steps)),
      ]),
      { kind: 'checks', checks: mnistChecks(results) },
      paragraph(deepWeightFlow()),
      heading('Accuracy against Euler steps'),
      tableBlock(stepTable(variants, budget.steps)),
      ...stepFigures('mnist'),
      heading('Averages'),
      paragraph(
        `Accuracy of the averaged probabilities of so many networks, samples of ${few} Euler steps ` +
          'and trained ones: the mean over disjoint groups. The thesis averages samples of its ' +
          `Geometric flow with optimal transport to ${THESIS_MNIST_AVERAGED}.`,
      ),
      tableBlock(averagesTable(results, few)),
      heading('More neurons than in the zoo'),
      paragraph(
        `The equivariant flows, which have seen nothing but ${architectureName(zoo.trained)}, asked ` +
          `for ${architectureName(WIDE_ARCHITECTURE)}.`,
      ),
      tableBlock(wideTable(results, judged)),
      heading('Training'),
      tableBlock(trainingTable(variants)),
    ],
  });
  const trained = zoo.trained.accuracy.mean;
  return new Map([['mnist.md', page], ...stepCharts({ task: 'mnist', variants, trained })]);
}

const OPTIMIZERS = { sgd: 'SGD', adam: 'Adam' } as const;

const SAMPLE_GUIDE =
  '_Trained_ networks are the final ones of the zoo; _interpolation_ and _soup_ are means of two and ' +
  'sixteen of them, aligned, which cost nothing. _Divergence_: mean over pairs of the ' +
  'Jensen–Shannon divergence of the probabilities, in nats. _Max error IoU_: mean over networks of ' +
  'the largest overlap of their error set with that of another trained network. _Novelty ratio_: ' +
  'median distance to the nearest trained network, neurons in the best order, over the same of the ' +
  "trained networks among themselves. Beside it stand the thesis's own figures on its own split, " +
  'with diversity in its own measure.';

function introduction({ zoo }: MnistResults, budget: MnistBudget): string {
  const { trained, training, networks } = zoo;
  const { epochs, optimizer, snapshots } = training;
  return (
    `The zoo has ${trained.runs} runs of ${architectureName(trained)}, trained by ` +
    `${OPTIMIZERS[optimizer.kind]} for ${epochs} epochs, and ${networks} snapshots of them after the ` +
    `first ${snapshots.ignoreEpochs} epochs, on which the flows are trained. The split is ours; ` +
    'every figure is of the test part. Settings: _raw_, networks as trained; _aligned_, ' +
    'brought to one reference by weight matching of canonical forms, with learned embeddings of the ' +
    'neurons; _aligned-ot_, the same with exact mini-batch optimal transport; _equivariant_, ' +
    'networks as trained, the neurons of each permuted to match its noise. ' +
    `${budget.samples} samples of each flow from the same noise.`
  );
}

function recipe({ updates, batch, width, blocks, rank, behaviourRows }: MnistBudget): string {
  return (
    `Each flow is a neuron-transformer of width ${width} with ${blocks} blocks, trained for ` +
    `${updates} updates of ${batch} networks at a peak rate of .003. Networks are reduced by an ` +
    `input metric to ${rank} inputs, the noise is matched to them, and end points are judged by ` +
    `their behaviour on ${behaviourRows} images a batch, at half the weight. End points are predicted ` +
    'without a skip of weights; the loss is a mean over coordinates, of the Euclidean flow over ' +
    "tensors. Samples by Euler's method, with steps that shrink towards the noise. Decisions " +
    '[0031](../decisions/0031-reduced-networks.md) and ' +
    '[0036](../decisions/0036-loss-over-coordinates.md) say why.'
  );
}

function deepWeightFlow(): string {
  const { architecture, trained, generated, evaluations } = DEEP_WEIGHT_FLOW_MNIST;
  const rates = ({ accuracy, std }: typeof generated | typeof trained): string =>
    `${accuracy.toFixed(4)} ± ${std.toFixed(4)}`;
  return (
    `For another architecture, ${architecture}, DeepWeightFlow (arXiv 2601.05052) reports ` +
    `${rates(generated)} for generated networks where trained ones have ${rates(trained)}, with ` +
    `${evaluations} evaluations a network.`
  );
}
