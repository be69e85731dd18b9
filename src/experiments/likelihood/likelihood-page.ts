import { mean, spread } from '../../evaluation/population-metrics.js';
import type { Column, Table } from '../../files/table.js';
import type { NetworkLikelihood } from '../../likelihood/network-likelihood.js';
import {
  formatPage,
  heading,
  paragraph,
  tableBlock,
  type Check,
  type ResultFiles,
} from '../results-page.js';
import type { LikelihoodBudget } from './budget.js';
import type { FlowLikelihoods, LikelihoodResults } from './likelihood-experiment.js';
import { NETWORK_GROUPS, type NetworkGroup } from './network-groups.js';

export interface LikelihoodPageOptions {
  readonly results: LikelihoodResults;
  readonly budget: LikelihoodBudget;
  /** The command that produced the results. */
  readonly command: string;
}

const GROUP_TITLES: Readonly<Record<NetworkGroup, string>> = {
  samples: "the flow's own samples",
  snapshots: 'held-out runs, a random snapshot',
  finals: 'held-out runs, fully trained',
  shuffled: 'these, each tensor shuffled',
  initial: 'untrained',
};

/** `likelihood.md`. */
export function likelihoodFiles({ results, budget, command }: LikelihoodPageOptions): ResultFiles {
  const page = formatPage({
    title: 'Likelihoods of WDBC networks',
    blocks: [
      paragraph(
        `${budget.runs} networks 30-16-16-2 of every kind. Held-out runs are trained as the zoo of ` +
          'the thesis, with a seed that no flow has seen; their mean test accuracy is ' +
          `${results.accuracy.toFixed(4)}. All networks are aligned to one sample of the flow. Log ` +
          `densities by Hutchinson's trace with ${budget.probes} Rademacher probes each and ` +
          `${budget.steps} steps of Heun's method from t = 1 back to 0.`,
      ),
      paragraph(
        'A Euclidean flow has the density of the weights; a Geometric one that of the canonical ' +
          'form, on unit spheres for the neurons and one of radius √2 for the last weight matrix, ' +
          'so that figures of different geometries do not compare. Bits of a density may be negative: ' +
          'only differences mean something. *Under the prior* are the bits ' +
          'per dimension of the same networks under the noise that the flow starts from, in the ' +
          'same units: what the flow gains is the difference. The Normalized flow has no density: ' +
          'its paths leave the spheres that its samples are projected on to.',
      ),
      { kind: 'command', text: command },
      { kind: 'checks', checks: likelihoodChecks(results) },
      ...results.flows.flatMap((flow) => [
        heading(`${flow.flow} (${flow.geometry}, ${flow.sha256.slice(0, 12)})`),
        flow.groups === null ? paragraph('No density.') : tableBlock(groupTable(flow.groups)),
      ]),
    ],
  });
  return new Map([['likelihood.md', page]]);
}

/**
 * Trained networks that a flow has not seen should be likelier than all others except its own
 * samples.
 */
export function likelihoodChecks({ flows }: LikelihoodResults): readonly Check[] {
  return flows.flatMap(({ flow, groups }: FlowLikelihoods): readonly Check[] => {
    if (groups === null) return [];
    const bits = (group: NetworkGroup): number => meanBits(groups[group]);
    const others = Math.min(bits('shuffled'), bits('initial'));
    return [
      {
        demand: `${flow}: held-out trained networks take fewer bits than shuffled and untrained ones`,
        found: `${bits('finals').toFixed(3)} and ${others.toFixed(3)} per dimension`,
        isMet: bits('finals') < others,
      },
    ];
  });
}

function groupTable(groups: Readonly<Record<NetworkGroup, readonly NetworkLikelihood[]>>): Table {
  return {
    columns: [
      { header: 'networks' },
      bits('bits per dimension'),
      bits('± standard error'),
      bits('least'),
      bits('most'),
      bits('under the prior'),
      nats('log density (nats)'),
      nats('± by the probes, each'),
    ],
    rows: NETWORK_GROUPS.map((group) => {
      const networks = groups[group];
      const own = networks.map(({ bitsPerDimension }) => bitsPerDimension);
      const { mean: average, std, min } = spread(own);
      return [
        GROUP_TITLES[group],
        average,
        // Standard error of the mean: includes the spread among networks and the error of the
        // trace.
        std / Math.sqrt(own.length),
        min,
        Math.max(...own),
        mean(networks.map(({ priorBitsPerDimension }) => priorBitsPerDimension)),
        mean(networks.map(({ logDensity }) => logDensity)),
        mean(networks.map((network) => network.standardError ?? NaN)),
      ];
    }),
  };
}

function meanBits(networks: readonly NetworkLikelihood[]): number {
  return mean(networks.map(({ bitsPerDimension }) => bitsPerDimension));
}

function bits(header: string): Column {
  return { header, format: (value) => value.toFixed(3) };
}

function nats(header: string): Column {
  return { header, format: (value) => value.toFixed(1) };
}
