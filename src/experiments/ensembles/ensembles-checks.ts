import type { Check } from '../results-page.js';
import type { EnsemblePoint } from './ensemble-figures.js';
import {
  secondsOf,
  type EnsembleContender,
  type EnsemblesResults,
} from './ensembles-experiment.js';

/** Trained networks that all sampled ones together must be as good as. */
const TRAINED = 16;
/** Part of their time of training that sampling may take. */
const PART = 0.05;

/** Whether the largest ensemble of samples is as good as one of sixteen trained networks, and cheap. */
export function ensemblesChecks({ sampled, trained }: EnsemblesResults): readonly Check[] {
  const most = largest(sampled, Infinity);
  const bar = largest(trained, TRAINED);
  if (most === undefined || bar === undefined) return [];
  const names = `${most.members} sampled networks together`;
  const others = `${bar.members} trained ones`;
  const [drawn, learnt] = [secondsOf(most, sampled), secondsOf(bar, trained)];
  return [
    {
      demand: `${names}: cross-entropy no worse than of ${others}`,
      found: `${most.crossEntropy.toFixed(4)} and ${bar.crossEntropy.toFixed(4)}`,
      isMet: most.crossEntropy <= bar.crossEntropy,
    },
    {
      demand: `${names}: calibration error no worse than of ${others}`,
      found: `${most.ece.toFixed(4)} and ${bar.ece.toFixed(4)}`,
      isMet: most.ece <= bar.ece,
    },
    {
      demand: `${names}: drawn in at most ${100 * PART} % of the time that ${others} train`,
      found: `${((100 * drawn) / learnt).toFixed(2)} %`,
      isMet: drawn <= PART * learnt,
    },
  ];
}

/** The ensemble of most members, up to a number. */
function largest({ curve }: EnsembleContender, most: number): EnsemblePoint | undefined {
  return curve.filter(({ members }) => members <= most).at(-1);
}
