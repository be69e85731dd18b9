import process from 'node:process';
import { ATTACKS, type Attack, type Target } from './attack-kinds.js';

/** What a process of its own is to do, so that its work delays no probe. */
export interface AttackTask extends Target {
  readonly attack: Attack;
}

const { attack, ...target } = JSON.parse(process.argv[2] ?? 'null') as AttackTask;
await ATTACKS[attack](target);
