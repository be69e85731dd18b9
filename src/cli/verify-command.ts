import process from 'node:process';
import type { Command } from 'commander';
import type { Table } from '../files/table.js';
import {
  verifyNetwork,
  type Verification,
  type VerifiedClaim,
} from '../evaluation/verify-network.js';
import { jsonOption, modelsDirOption } from './options.js';
import { printResult, say } from './output.js';

/** Exit codes: a script tells a forged file from one that could not be checked. */
const EXIT_CODES = { holds: 0, changed: 1, unknown: 2 } as const;

interface VerifyFlags {
  readonly modelsDir: readonly string[];
  readonly json?: true;
}

/** `weightspring verify`. */
export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description(
      'compute the novelty certificate of a network anew: exit code 0 where it holds, 1 where the ' +
        'weights or a claim were changed, 2 where that cannot be told',
    )
    .argument('<file>', 'network that sample or the service wrote')
    .addOption(modelsDirOption())
    .addOption(jsonOption())
    .action(verifyCommand);
}

async function verifyCommand(file: string, flags: VerifyFlags): Promise<void> {
  const verification = await verifyNetwork(file, flags.modelsDir);
  printResult(verification, flags.json === true, () => tableOf(verification));
  say(conclusion(verification));
  process.exitCode = EXIT_CODES[verification.verdict];
}

function tableOf({ claims, verdict }: Verification): Table | string {
  if (claims.length === 0) return verdict;
  return {
    columns: ['claim', 'stated', 'found', ''].map((header) => ({ header, format: String })),
    rows: claims.map(({ claim, stated, found, holds }) => [
      claim,
      stated,
      found,
      holds ? 'holds' : 'CHANGED',
    ]),
  };
}

function conclusion({ file, verdict, reason, claims }: Verification): string {
  const changed = claims.filter(({ holds }) => !holds).map(({ claim }) => claim);
  if (verdict === 'changed') return `${file} was changed: ${changed.join(', ')}`;
  if (verdict === 'unknown') return `${file} cannot be verified: ${String(reason)}`;
  return `${file} holds what it claims${noveltyOf(claims)}`;
}

/** `: novelty ratio 0.98`, or why there is none. */
function noveltyOf(claims: readonly VerifiedClaim[]): string {
  const found = (name: VerifiedClaim['claim']): VerifiedClaim['found'] =>
    claims.find(({ claim }) => claim === name)?.found ?? null;
  const ratio = found('noveltyRatio');
  return ratio === null ? `: ${String(found('noveltyReason'))}` : `: novelty ratio ${ratio}`;
}
